/*
 * arm-sdei-test: PSCI with SDEI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Because of SDEI some of PSCI's calls come to QEMU under KVM that otherwise
 * the kernel answers.  A guest must not be able to tell.
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "move.h"
#include "snapshot.h"
#include "stage.h"

/* What a PE that was powered on has stored, in 64-bit words */
#define DUMP_SP     31
#define DUMP_V      32
#define DUMP_SYSREG 64
#define DUMP_Z      320
#define DUMP_P      352
#define DUMP_FFR    356
#define DUMP_END    360

/* A call of the 32-bit convention takes no notice of these */
#define UPPER       0xdeadbeef00000000ull

#define SYSREG_ZCR_EL1  SYSREG(3, 0, 1, 2, 0)

#define SCTLR_EE    (1u << 25)
#define SCTLR_UCI   (1u << 26)
#define CPACR_FPEN  (3u << 20)
#define CPACR_ZEN   (3u << 16)

#define INSN_BIC(rd, rn, rm) \
    (0x8a200000u | (rd) | ((rn) << 5) | ((rm) << 16))
#define INSN_SVE_DUP_D(zd, rn)  (0x05e03800u | (zd) | ((rn) << 5))
#define INSN_SVE_PTRUE(pd)      (0x2518e3e0u | (pd))
#define INSN_SVE_SETFFR         0x252c9000u
#define INSN_SVE_RDFFR(pd)      (0x2519f000u | (pd))
#define INSN_SVE_STR_Z(zt, rn)  (0xe5804000u | (zt) | ((rn) << 5))
#define INSN_SVE_STR_P(pt, rn)  (0xe5800000u | (pt) | ((rn) << 5))

/* Flag that lets racing PEs go */
#define GO          (GLOBAL_BASE + 0x40)
#define RACES       100
/* The PE that they power on */
#define PE          1

/* Features that registers belong to */
typedef enum Feature { NONE, PMU, SVE, PAUTH, MTE, FEATURE_COUNT } Feature;

static const struct {
    uint32_t id_reg;
    unsigned shift;
    unsigned min;
} features[FEATURE_COUNT] = {
    [PMU] = { SYSREG(3, 0, 0, 5, 0), 8, 1 },
    [SVE] = { SYSREG_ID_AA64PFR0_EL1, 32, 1 },
    [PAUTH] = { SYSREG(3, 0, 0, 6, 1), 4, 1 },
    [MTE] = { SYSREG_ID_AA64PFR1_EL1, 8, 2 },
};

/*
 * A register, and what to leave in it before CPU_OFF, if anything.  A reset may
 * leave any value in those that are @unknown, and that of the machine leaves
 * others than the kernel's.
 */
typedef struct Sysreg {
    const char *name;
    uint32_t reg;
    uint64_t dirt;
    Feature feature;
    bool unknown;
} Sysreg;

static const Sysreg sysregs[] = {
    { "SCTLR_EL1", SYSREG_SCTLR_EL1 },
    { "CPACR_EL1", SYSREG_CPACR_EL1, CPACR_FPEN },
    { "MPIDR_EL1", SYSREG(3, 0, 0, 0, 5) },
    { "ACTLR_EL1", SYSREG(3, 0, 1, 0, 1) },
    { "TTBR0_EL1", SYSREG_TTBR0_EL1, 0x48030000 },
    { "TTBR1_EL1", SYSREG(3, 0, 2, 0, 1), 0x48040000 },
    { "TCR_EL1", SYSREG_TCR_EL1, 0x00100010 },
    { "MAIR_EL1", SYSREG(3, 0, 10, 2, 0), 0x44bbff04 },
    { "AMAIR_EL1", SYSREG(3, 0, 10, 3, 0), 0x11 },
    { "VBAR_EL1", SYSREG_VBAR_EL1 },
    { "ESR_EL1", SYSREG_ESR_EL1, 0x56005de0 },
    { "FAR_EL1", SYSREG_FAR_EL1, 0x1122334455667788 },
    { "AFSR0_EL1", SYSREG(3, 0, 5, 1, 0), 0x33 },
    { "AFSR1_EL1", SYSREG(3, 0, 5, 1, 1), 0x55 },
    { "PAR_EL1", SYSREG(3, 0, 7, 4, 0), 0x80b },
    { "SPSR_EL1", SYSREG_SPSR_EL1 },
    { "SP_EL0", SYSREG_SP_EL0, 0x2233445566778890 },
    { "TPIDR_EL0", SYSREG(3, 3, 13, 0, 2), 0x1111222233334444 },
    { "TPIDRRO_EL0", SYSREG(3, 3, 13, 0, 3), 0x5555666677778888 },
    { "TPIDR_EL1", SYSREG(3, 0, 13, 0, 4) },
    { "CONTEXTIDR_EL1", SYSREG(3, 0, 13, 0, 1), 0x42 },
    { "CSSELR_EL1", SYSREG(3, 2, 0, 0, 0), 1 },
    { "CNTKCTL_EL1", SYSREG(3, 0, 14, 1, 0), 3 },
    { "CNTV_CVAL_EL0", SYSREG(3, 3, 14, 3, 2), 0x123456789abc },
    { "CNTV_CTL_EL0", SYSREG(3, 3, 14, 3, 1), 3 },
    { "CNTP_CVAL_EL0", SYSREG(3, 3, 14, 2, 2), 0x123456789abc },
    { "CNTP_CTL_EL0", SYSREG(3, 3, 14, 2, 1), 3 },
    { "MDSCR_EL1", SYSREG_MDSCR_EL1, MDSCR_KDE },
    { "DBGBVR0_EL1", SYSREG(2, 0, 0, 0, 4), 0x48050000 },
    { "DBGBCR0_EL1", SYSREG(2, 0, 0, 0, 5), 0x1e0 },
    { "DBGWVR0_EL1", SYSREG(2, 0, 0, 0, 6), 0x48050000 },
    { "PMCR_EL0", SYSREG(3, 3, 9, 12, 0), 1, PMU },
    { "PMCNTENSET_EL0", SYSREG(3, 3, 9, 12, 1), 1u << 31, PMU, true },
    { "PMINTENSET_EL1", SYSREG(3, 0, 9, 14, 1), 1u << 31, PMU, true },
    { "PMUSERENR_EL0", SYSREG(3, 3, 9, 14, 0), 1, PMU },
    { "ZCR_EL1", SYSREG_ZCR_EL1, 0xf, SVE },
    { "APIAKeyLo_EL1", SYSREG(3, 0, 2, 1, 0), 0x123456789, PAUTH, true },
    { "APIAKeyHi_EL1", SYSREG(3, 0, 2, 1, 1), 0x987654321, PAUTH, true },
    { "GCR_EL1", SYSREG(3, 0, 1, 0, 6), 0x10005, MTE, true },
    { "NZCV", SYSREG(3, 3, 4, 2, 0), 0, NONE, true },
    { "DAIF", SYSREG(3, 3, 4, 2, 1) },
    { "CurrentEL", SYSREG(3, 0, 4, 2, 2) },
    { "SPSel", SYSREG(3, 0, 4, 2, 0) },
    { "FPCR", SYSREG(3, 3, 4, 4, 0), 1u << 24 },
    { "FPSR", SYSREG(3, 3, 4, 4, 1), 0x1f },
};

QEMU_BUILD_BUG_ON(DUMP_SYSREG + ARRAY_SIZE(sysregs) > DUMP_Z);
QEMU_BUILD_BUG_ON(PE_LOG(0) + DUMP_END * 8 > PE_LOG(LOG_ENTRIES));

/* Not where a reset of the machine puts the device tree */
static uint64_t start_code(unsigned pe)
{
    return 0x49000000 + pe * 0x1000;
}

/* Nobody needs the log of a PE that is off */
static uint64_t dump_address(unsigned pe)
{
    return PE_AREA(pe) + PE_LOG(0);
}

/**
 * Trip: off and on
 * @by: PE that makes the calls
 * @pe: PE that is powered off and on
 * @seen: what the guest saw, a line each
 * @has: the features of all PEs
 */
typedef struct Trip {
    Guest *g;
    unsigned by;
    unsigned pe;
    GString *seen;
    bool has[FEATURE_COUNT];
} Trip;

/*
 * Store all registers of a PE that was just powered on, and let it come up.
 * X0 is dump_address().  Until its end it may be big-endian, and cannot load
 * data.
 */
static void write_start_code(const Trip *t)
{
    g_autoptr(GArray) code = g_array_new(false, false, sizeof(uint32_t));

#define INSN(insn) do {                                                     \
        uint32_t insn_ = (insn);                                            \
        g_array_append_val(code, insn_);                                    \
    } while (0)
#define STORE_X1(n) INSN(INSN_STR_X_AT(1, 0, (n) * 8))

    for (unsigned i = 0; i < 31; i++) {
        INSN(INSN_STR_X_AT(i, 0, i * 8));
    }
    INSN(INSN_ADD_IMM(1, 31, 0));
    STORE_X1(DUMP_SP);
    INSN(INSN_MRS(2, SYSREG_CPACR_EL1));
    INSN(INSN_MOVZ(1, (CPACR_FPEN | (t->has[SVE] ? CPACR_ZEN : 0)) >> 16, 1));
    INSN(INSN_MSR(1, SYSREG_CPACR_EL1));
    INSN(INSN_ISB);
    for (unsigned i = 0; i < 32; i++) {
        INSN(INSN_UMOV_D1(1, i));
        STORE_X1(DUMP_V + i);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(sysregs); i++) {
        if (t->has[sysregs[i].feature]) {
            INSN(sysregs[i].reg == SYSREG_CPACR_EL1 ?
                 INSN_MOV(1, 2) : INSN_MRS(1, sysregs[i].reg));
            STORE_X1(DUMP_SYSREG + i);
        }
    }
    if (t->has[SVE]) {
        INSN(INSN_MOVZ(1, 0xf, 0));
        INSN(INSN_MSR(1, SYSREG_ZCR_EL1));
        INSN(INSN_ISB);
        INSN(INSN_ADD_IMM(1, 0, DUMP_Z * 8));
        INSN(INSN_SVE_STR_Z(1, 1));
        INSN(INSN_ADD_IMM(1, 0, DUMP_P * 8));
        INSN(INSN_SVE_STR_P(1, 1));
        INSN(INSN_SVE_RDFFR(1));
        INSN(INSN_ADD_IMM(1, 0, DUMP_FFR * 8));
        INSN(INSN_SVE_STR_P(1, 1));
    }
    INSN(INSN_MRS(1, SYSREG_SCTLR_EL1));
    INSN(INSN_MOVZ(2, SCTLR_EE >> 16, 1));
    INSN(INSN_BIC(1, 1, 2));
    INSN(INSN_MSR(1, SYSREG_SCTLR_EL1));
    INSN(INSN_ISB);
    INSN(INSN_MOVZ(0, t->pe, 0));
    INSN(INSN_MOVZ(1, GUEST_SECONDARY & 0xffff, 0));
    INSN(INSN_MOVK(1, GUEST_SECONDARY >> 16, 1));
    INSN(INSN_BR(1));
#undef STORE_X1
#undef INSN

    g_assert_cmpuint(code->len * 4, <=, 0x1000);
    guest_write_code(t->g, start_code(t->pe), (uint32_t *)code->data,
                     code->len);
}

static Trip trip(Guest *g, unsigned by, unsigned pe, GString *seen)
{
    Trip t = { .g = g, .by = by, .pe = pe, .seen = seen, .has[NONE] = true };

    for (Feature f = NONE + 1; f < FEATURE_COUNT; f++) {
        uint64_t id = guest_read_sysreg(g, by, features[f].id_reg);
        unsigned field = extract64(id, features[f].shift, 4);

        t.has[f] = field >= features[f].min && (f != PMU || field != 0xf);
    }
    write_start_code(&t);
    return t;
}

static void run_write_sysreg(GuestRun *run, uint32_t reg, uint64_t value)
{
    guest_run_insn(run, INSN_MOVZ(1, value & 0xffff, 0));
    for (unsigned i = 1; i < 4; i++) {
        guest_run_insn(run, INSN_MOVK(1, extract64(value, i * 16, 16), i));
    }
    guest_run_insn(run, INSN_MSR(1, reg));
}

/* Leave no register of the PE as a reset leaves it */
static void make_dirty(const Trip *t)
{
    uint64_t sctlr = guest_read_sysreg(t->g, t->pe, SYSREG_SCTLR_EL1);
    GuestRun run;

    guest_run_init(t->g, t->pe, &run);
    run_write_sysreg(&run, SYSREG_SCTLR_EL1, sctlr | SCTLR_UCI);
    for (unsigned i = 0; i < ARRAY_SIZE(sysregs); i++) {
        uint64_t dirt = sysregs[i].dirt;

        if (dirt && t->has[sysregs[i].feature]) {
            if (sysregs[i].reg == SYSREG_CPACR_EL1 && t->has[SVE]) {
                dirt |= CPACR_ZEN;
            }
            run_write_sysreg(&run, sysregs[i].reg, dirt);
            /* Lets ZCR_EL1 be written */
            if (sysregs[i].reg == SYSREG_CPACR_EL1) {
                guest_run_insn(&run, INSN_ISB);
            }
        }
    }
    guest_run_insn(&run, INSN_ISB);
    for (unsigned i = 0; i < 32; i++) {
        guest_run_insn(&run, t->has[SVE] ? INSN_SVE_DUP_D(i, i % 31) :
                       INSN_DUP_2D(i, i % 31));
    }
    if (t->has[SVE]) {
        guest_run_insn(&run, INSN_SVE_PTRUE(1));
        guest_run_insn(&run, INSN_SVE_SETFFR);
    }
    guest_run_end(&run);
    guest_pattern(run.x, 0xd1);
    guest_run(t->g, t->pe, &run, NULL);
}

G_GNUC_PRINTF(3, 4)
static void see(const Trip *t, uint64_t value, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(t->seen, fmt, ap);
    va_end(ap);
    g_string_append_printf(t->seen, ": 0x%" PRIx64 "\n", value);
}

/* Returns: X0 */
#define see_call(t, what, fn, ...) \
    see_call_array(t, what, fn, (const uint64_t[17]) { __VA_ARGS__ })
static int64_t see_call_array(const Trip *t, const char *what, uint64_t fn,
                              const uint64_t args[17])
{
    GuestFrame result;

    guest_wait(t->g, t->by, guest_call_start_array(t->g, t->by, fn, args),
               &result);
    for (unsigned i = 0; i < 18; i++) {
        see(t, result.x[i], "%s: X%u of call 0x%" PRIx64, what, i, fn);
    }
    return result.x[0];
}

static void see_dump(const Trip *t, const char *what, bool first)
{
    uint64_t word[DUMP_END];

    qtest_memread(t->g->qts, dump_address(t->pe), word, sizeof(word));
    for (unsigned i = 0; i < DUMP_END; i++) {
        le64_to_cpus(&word[i]);
    }
    for (unsigned i = 0; i < DUMP_SP; i++) {
        see(t, word[i], "%s: X%u", what, i);
    }
    see(t, word[DUMP_SP], "%s: SP", what);
    for (unsigned i = 0; i < 32; i++) {
        see(t, word[DUMP_V + i], "%s: V%u.D[1]", what, i);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(sysregs); i++) {
        if (!first || !sysregs[i].unknown) {
            see(t, word[DUMP_SYSREG + i], "%s: %s", what, sysregs[i].name);
        }
    }
    for (unsigned i = DUMP_Z; i < DUMP_END; i++) {
        see(t, word[i], "%s: Z1, P1 and FFR, word %u", what, i - DUMP_Z);
    }
}

static void prepare_on(const Trip *t)
{
    guest_set_word(t->g, t->pe, PE_READY, 0);
    qtest_memset(t->g->qts, dump_address(t->pe), 0xee, DUMP_END * 8);
}

/* @first: the PE has not been on since the machine's reset */
static void see_cpu_on(const Trip *t, const char *what, uint64_t fn,
                       uint64_t upper, bool first)
{
    int64_t result;

    prepare_on(t);
    result = see_call(t, what, fn, upper | guest_affinity(t->g, t->pe),
                      upper | start_code(t->pe), upper | dump_address(t->pe));
    if (upper && !guest_is_kvm()) {
        /* QEMU's own PSCI looks at all 64 bits even of SMC32 */
        guest_cpu_on(t->g, t->by, t->pe);
        return;
    }
    guest_check_eq(t->g, t->by, result, 0, "result of CPU_ON");
    guest_wait_up(t->g, t->pe);
    see_dump(t, what, first);
}

/* The PE has the endianness of its caller */
static void see_cpu_on_big_endian(const Trip *t)
{
    uint64_t sctlr = guest_read_sysreg(t->g, t->by, SYSREG_SCTLR_EL1);
    GuestFrame result;
    GuestRun run;

    prepare_on(t);
    guest_run_init(t->g, t->by, &run);
    guest_run_insn(&run, INSN_MSR(19, SYSREG_SCTLR_EL1));
    guest_run_insn(&run, INSN_ISB);
    guest_run_insn(&run, INSN_HVC);
    guest_run_insn(&run, INSN_MSR(20, SYSREG_SCTLR_EL1));
    guest_run_insn(&run, INSN_ISB);
    guest_run_end(&run);
    run.x[0] = PSCI_CPU_ON;
    run.x[1] = guest_affinity(t->g, t->pe);
    run.x[2] = start_code(t->pe);
    run.x[3] = dump_address(t->pe);
    run.x[19] = sctlr | SCTLR_EE;
    run.x[20] = sctlr;
    guest_run(t->g, t->by, &run, &result);
    guest_check_eq(t->g, t->by, result.x[0], 0, "result of CPU_ON");
    guest_wait_up(t->g, t->pe);
    see_dump(t, "big-endian", false);
}

static void cpu_off_dirty(const Trip *t)
{
    make_dirty(t);
    guest_cpu_off(t->g, t->by, t->pe);
}

/* No PE is there, or its number has bits that no affinity has */
static void see_wrong_affinities(const Trip *t)
{
    const uint64_t wrong[] = {
        0xfe, 1 << 24, 1 << 30, 1u << 31, 1ull << 32, 1ull << 40, 1ull << 63,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint64_t affinity = guest_affinity(t->g, t->pe) | wrong[i];

        see_call(t, "no such PE", PSCI_CPU_ON, affinity, GUEST_SECONDARY);
        if (affinity == (uint32_t)affinity) {
            see_call(t, "no such PE", PSCI_CPU_ON_SMC32, affinity,
                     GUEST_SECONDARY);
        }
    }
}

/* The first time after the machine's reset, of a PE that was in use before */
static void see_first(const Trip *t)
{
    make_dirty(t);
    guest_set_word(t->g, t->by, PE_READY, 0);
    qtest_system_reset(t->g->qts);
    guest_wait_up(t->g, t->by);
    see_call(t, "first", PSCI_AFFINITY_INFO, guest_affinity(t->g, t->pe), 0);
    see_wrong_affinities(t);
    see_cpu_on(t, "first", PSCI_CPU_ON, 0, true);
}

static void see_answers(const Trip *t)
{
    uint64_t affinity = guest_affinity(t->g, t->pe);

    see_call(t, "on", PSCI_AFFINITY_INFO, affinity, 0);
    see_call(t, "on", PSCI_CPU_ON, affinity, GUEST_SECONDARY);
    see_call(t, "on", PSCI_CPU_ON_SMC32, UPPER | affinity, GUEST_SECONDARY);
    see_call(t, "self", PSCI_CPU_ON, guest_affinity(t->g, t->by),
             GUEST_SECONDARY);
    see_call(t, "no such call", PSCI_CPU_OFF | 1u << 30);
    see_call(t, "CPU_ON", PSCI_FEATURES, PSCI_CPU_ON);
    see_call(t, "CPU_ON of SMC32", PSCI_FEATURES, PSCI_CPU_ON_SMC32);
    see_call(t, "CPU_OFF", PSCI_FEATURES, PSCI_CPU_OFF);
}

static void see_again(const Trip *t)
{
    cpu_off_dirty(t);
    see_call(t, "off", PSCI_AFFINITY_INFO, guest_affinity(t->g, t->pe), 0);
    see_cpu_on(t, "second", PSCI_CPU_ON, 0, false);
    cpu_off_dirty(t);
    see_cpu_on(t, "SMC32", PSCI_CPU_ON_SMC32, 0, false);
    cpu_off_dirty(t);
    see_cpu_on(t, "SMC32, wide", PSCI_CPU_ON_SMC32, UPPER, false);
    cpu_off_dirty(t);
    see_cpu_on_big_endian(t);
}

static char *see_psci(Guest *g)
{
    GString *seen = g_string_new(NULL);
    Trip secondary = trip(g, 0, 1, seen);
    /* The PE that a machine boots on has not been powered on by a call */
    Trip boot = trip(g, 1, 0, seen);

    see_first(&secondary);
    see_answers(&secondary);
    see_again(&secondary);
    see_again(&boot);
    return g_string_free(seen, false);
}

static void check_same(const char *what, const char *seen,
                       const char *expected)
{
    g_auto(GStrv) a = g_strsplit(seen, "\n", -1);
    g_auto(GStrv) b = g_strsplit(expected, "\n", -1);

    for (unsigned i = 0; a[i] || b[i]; i++) {
        if (g_strcmp0(a[i], b[i])) {
            g_printerr("%s, line %u:\n  %s\ninstead of\n  %s\n", what, i + 1,
                       a[i], b[i]);
            g_assert_not_reached();
        }
    }
}

static void test_unchanged(Guest *g, const void *data)
{
    GuestConfig off = g->config;
    g_autofree char *with = see_psci(g);
    g_autofree char *without = NULL;

    off.no_sdei = true;
    without = see_psci(guest_start(&off));
    check_same("with sdei=on", with, without);
}

/* What a stream has of a PE that is off is nothing to start with */
static void test_migrated(Guest *g, const void *data)
{
    g_autoptr(GString) here = g_string_new(NULL);
    g_autoptr(GString) there = g_string_new(NULL);
    Trip stayed = trip(g, 0, 1, here), moved;

    cpu_off_dirty(&stayed);
    see_cpu_on(&stayed, "on", PSCI_CPU_ON, 0, false);
    cpu_off_dirty(&stayed);
    moved = trip(guest_move(g, ROUTE_FILE, NULL), 0, 1, there);
    see_cpu_on(&moved, "on", PSCI_CPU_ON, 0, false);
    guest_move_end(moved.g);
    guest_continue(g);
    check_same("after a migration", there->str, here->str);
}

static void test_loaded(Guest *g, const void *data)
{
    g_autofree char *path = g_strdup_printf("%s/arm-sdei-%d.qcow2",
                                            g_get_tmp_dir(), getpid());
    g_autoptr(GString) before = g_string_new(NULL);
    g_autoptr(GString) after = g_string_new(NULL);
    Trip saved = trip(g, 0, 1, before), loaded = saved;
    g_autofree Guest *then = NULL;

    loaded.seen = after;
    snapshot_attach(g->qts, path);
    g_unlink(path);
    cpu_off_dirty(&saved);
    snapshot_save(g->qts, "off");
    then = g_memdup2(g, sizeof(*g));
    see_cpu_on(&saved, "on", PSCI_CPU_ON, 0, false);
    snapshot_load(g->qts, "off");
    *g = *then;
    see_cpu_on(&loaded, "on", PSCI_CPU_ON, 0, false);
    check_same("after loading a snapshot", after->str, before->str);
    guest_finish();
}

/*
 * Power the PE on, at GO or, if @retry, when it is off; and ask at once whether
 * it is on.  X20 and X0 are the answers.
 */
static uint64_t race_start(Guest *g, unsigned by, bool retry)
{
    GuestRun run;
    unsigned call;

    guest_run_init(g, by, &run);
    guest_run_mark_started(by, &run);
    if (!retry) {
        guest_run_insn(&run, INSN_LDR_X(10, 9));
        guest_run_insn(&run, INSN_CBZ(10, -4));
    }
    call = run.words;
    for (unsigned i = 0; i < 4; i++) {
        guest_run_insn(&run, INSN_MOV(i, 24 + i));
    }
    guest_run_insn(&run, INSN_HVC);
    if (retry) {
        guest_run_insn(&run, INSN_ADD_IMM(10, 0, -PSCI_ALREADY_ON));
        guest_run_insn(&run, INSN_CBZ(10, ((int)call - (int)run.words) * 4));
    }
    guest_run_insn(&run, INSN_MOV(20, 0));
    guest_run_insn(&run, INSN_MOV(0, 21));
    guest_run_insn(&run, INSN_MOV(1, 25));
    guest_run_insn(&run, INSN_MOV(2, 31));
    guest_run_insn(&run, INSN_HVC);
    guest_run_end(&run);
    run.x[9] = GO;
    run.x[21] = PSCI_AFFINITY_INFO;
    run.x[24] = PSCI_CPU_ON;
    run.x[25] = guest_affinity(g, PE);
    run.x[26] = GUEST_SECONDARY;
    run.x[27] = PE;
    guest_run_start(g, by, &run);
    guest_run_wait_started(g, by);
    return run.seq;
}

/* Returns: whether it was this one that powered the PE on */
static bool race_won(Guest *g, unsigned by, uint64_t seq)
{
    GuestFrame result;

    guest_wait(g, by, seq, &result);
    guest_check_eq(g, by, result.x[0], PSCI_AFFINITY_ON,
                   "AFFINITY_INFO after CPU_ON");
    if (result.x[20]) {
        guest_check_eq(g, by, result.x[20], PSCI_ALREADY_ON,
                       "result of CPU_ON");
    }
    return result.x[20] == 0;
}

static void check_booted_once(Guest *g, uint64_t boots)
{
    guest_wait_up(g, PE);
    guest_check_eq(g, PE, guest_word(g, PE, PE_BOOTS), boots + 1,
                   "times the PE came up");
}

static const unsigned racers[] = { 0, 2, 3 };

static void race_begin(Guest *g, uint64_t *seq)
{
    guest_cpu_off(g, 0, PE);
    guest_set_word(g, PE, PE_READY, 0);
    qtest_writeq(g->qts, GO, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(racers); i++) {
        seq[i] = race_start(g, racers[i], false);
    }
    qtest_writeq(g->qts, GO, 1);
}

/*
 * Of PEs that power on the same one, one does, and whoever has an answer finds
 * it on.  Meanwhile a debugger fetches all registers, or the VM is stopped.
 */
static void test_race(Guest *g, const void *data)
{
    uint64_t seq[ARRAY_SIZE(racers)];

    for (unsigned i = 0; i < RACES; i++) {
        uint64_t boots = guest_word(g, PE, PE_BOOTS);
        unsigned winners = 0;

        race_begin(g, seq);
        if (i % 2) {
            qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
            qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
        } else {
            g_free(qtest_hmp(g->qts, "info registers -a"));
        }
        for (unsigned j = 0; j < ARRAY_SIZE(racers); j++) {
            winners += race_won(g, racers[j], seq[j]);
        }
        guest_check_eq(g, PE, winners, 1, "successful CPU_ON");
        check_booted_once(g, boots);
    }
    race_begin(g, seq);
    guest_reset(g);
}

/* It is powered on while it powers itself off */
static void test_restart(Guest *g, const void *data)
{
    for (unsigned i = 0; i < RACES; i++) {
        uint64_t boots = guest_word(g, PE, PE_BOOTS);
        uint64_t seq;

        guest_set_word(g, PE, PE_READY, 0);
        seq = race_start(g, 0, true);
        guest_call_start(g, PE, PSCI_CPU_OFF);
        g_assert(race_won(g, 0, seq));
        check_booted_once(g, boots);
    }
}

/*
 * It powers itself off after QEMU has fetched its registers, and they are
 * fetched again: QEMU does not write back that the PE was on.
 */
static void test_fetched(Guest *g, const void *data)
{
    for (unsigned i = 0; i < 10; i++) {
        g_free(qtest_hmp(g->qts, "info registers -a"));
        guest_cpu_off(g, 0, PE);
        g_free(qtest_hmp(g->qts, "info registers -a"));
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
        g_free(qtest_hmp(g->qts, "info registers -a"));
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
        guest_check_eq(g, 0, guest_call(g, 0, PSCI_AFFINITY_INFO,
                                        guest_affinity(g, PE), 0),
                       PSCI_AFFINITY_OFF, "AFFINITY_INFO after CPU_OFF");
        guest_cpu_on(g, 0, PE);
    }
}

void add_psci_tests(void)
{
    scenario_add(SCENARIO_EL1, test_unchanged, NULL, "psci/unchanged");
    scenario_add(SCENARIO_EL1, test_migrated, NULL, "psci/migrated");
    scenario_add(SCENARIO_EL1, test_loaded, NULL, "psci/loaded");
    /* With QEMU's GIC a vCPU of KVM halts in QEMU */
    scenario_add(SCENARIO_EL1 | SCENARIO_LINES_GICV2, test_fetched, NULL,
                 "psci/fetched");
    if (guest_is_kvm()) {
        /* In QEMU's own PSCI several win */
        scenario_add(SCENARIO_EVENTS_EL1, test_race, NULL, "psci/race");
        scenario_add(SCENARIO_EVENTS_EL1, test_restart, NULL, "psci/restart");
    }
}
