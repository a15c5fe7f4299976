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
#include "move.h"
#include "snapshot.h"
#include "stage.h"

/* The PE that is powered off and on; nobody uses its log meanwhile */
#define PE          1
#define START_CODE  (PE_AREA(PE) + PE_CODE(0))
#define DUMP        (PE_AREA(PE) + PE_LOG(0))
#define DUMP_SP     31
#define DUMP_V      32
#define DUMP_SYSREG 64

/* A call of the 32-bit convention takes no notice of these */
#define UPPER       0xdeadbeef00000000ull

#define SCTLR_EE    (1u << 25)
#define SCTLR_UCI   (1u << 26)
#define CPACR_FPEN  (3u << 20)

#define INSN_BIC(rd, rn, rm) \
    (0x8a200000u | (rd) | ((rn) << 5) | ((rm) << 16))

/* Flag that lets racing PEs go */
#define GO          (GLOBAL_BASE + 0x40)
#define RACES       100

/*
 * A register, and what to leave in it before CPU_OFF, if anything.  Resets
 * leave those that are @unknown as they like, and the kernel's likes what
 * QEMU's, of the machine, does not.
 */
typedef struct Sysreg {
    const char *name;
    uint32_t reg;
    uint64_t dirt;
    bool pmu;
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
    { "PMCR_EL0", SYSREG(3, 3, 9, 12, 0), 1, true },
    { "PMCNTENSET_EL0", SYSREG(3, 3, 9, 12, 1), 1u << 31, true, true },
    { "PMINTENSET_EL1", SYSREG(3, 0, 9, 14, 1), 1u << 31, true, true },
    { "PMUSERENR_EL0", SYSREG(3, 3, 9, 14, 0), 1, true },
    { "NZCV", SYSREG(3, 3, 4, 2, 0), 0, false, true },
    { "DAIF", SYSREG(3, 3, 4, 2, 1) },
    { "CurrentEL", SYSREG(3, 0, 4, 2, 2) },
    { "SPSel", SYSREG(3, 0, 4, 2, 0) },
    { "FPCR", SYSREG(3, 3, 4, 4, 0), 1u << 24 },
    { "FPSR", SYSREG(3, 3, 4, 4, 1), 0x1f },
};

QEMU_BUILD_BUG_ON(PE_LOG(0) + (DUMP_SYSREG + ARRAY_SIZE(sysregs)) * 8 >
                  PE_LOG(LOG_ENTRIES));

static bool has_pmu(Guest *g)
{
    uint64_t dfr0 = guest_read_sysreg(g, 0, SYSREG(3, 0, 0, 5, 0));
    unsigned version = extract64(dfr0, 8, 4);

    return version != 0 && version != 0xf;
}

/*
 * Store all registers of a PE that was just powered on, and let it come up.
 * X0 is DUMP.  Until its end it may be big-endian, and cannot load data.
 */
static void write_start_code(Guest *g)
{
    g_autoptr(GArray) code = g_array_new(false, false, sizeof(uint32_t));
    bool pmu = has_pmu(g);

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
    INSN(INSN_MOVZ(1, CPACR_FPEN >> 16, 1));
    INSN(INSN_MSR(1, SYSREG_CPACR_EL1));
    INSN(INSN_ISB);
    for (unsigned i = 0; i < 32; i++) {
        INSN(INSN_UMOV_D1(1, i));
        STORE_X1(DUMP_V + i);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(sysregs); i++) {
        if (sysregs[i].pmu && !pmu) {
            continue;
        }
        INSN(sysregs[i].reg == SYSREG_CPACR_EL1 ?
             INSN_MOV(1, 2) : INSN_MRS(1, sysregs[i].reg));
        STORE_X1(DUMP_SYSREG + i);
    }
    INSN(INSN_MRS(1, SYSREG_SCTLR_EL1));
    INSN(INSN_MOVZ(2, SCTLR_EE >> 16, 1));
    INSN(INSN_BIC(1, 1, 2));
    INSN(INSN_MSR(1, SYSREG_SCTLR_EL1));
    INSN(INSN_ISB);
    INSN(INSN_MOVZ(0, PE, 0));
    INSN(INSN_MOVZ(1, GUEST_SECONDARY & 0xffff, 0));
    INSN(INSN_MOVK(1, GUEST_SECONDARY >> 16, 1));
    INSN(INSN_BR(1));
#undef STORE_X1
#undef INSN

    g_assert_cmpuint(code->len * 4, <=, SLOTS * CODE_SIZE);
    guest_write_code(g, START_CODE, (uint32_t *)code->data, code->len);
}

/* Leave no register of the PE as a reset leaves it */
static void make_dirty(Guest *g)
{
    bool pmu = has_pmu(g);
    GuestRun run;

    guest_run_init(g, PE, &run);
    for (unsigned i = 0; i < 32; i++) {
        guest_run_insn(&run, INSN_DUP_2D(i, i % 31));
    }
    guest_run_end(&run);
    guest_pattern(run.x, 0xd1);
    guest_run(g, PE, &run, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(sysregs); i++) {
        if (sysregs[i].dirt && (pmu || !sysregs[i].pmu)) {
            guest_write_sysreg(g, PE, sysregs[i].reg, sysregs[i].dirt);
        }
    }
    guest_write_sysreg(g, PE, SYSREG_SCTLR_EL1, SCTLR_UCI |
                       guest_read_sysreg(g, PE, SYSREG_SCTLR_EL1));
}

/* What the guest saw, a line each */

G_GNUC_PRINTF(3, 4)
static void see(GString *seen, uint64_t value, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(seen, fmt, ap);
    va_end(ap);
    g_string_append_printf(seen, ": 0x%" PRIx64 "\n", value);
}

/* Returns: X0 */
#define see_call(g, seen, what, fn, ...) \
    see_call_array(g, seen, what, fn, (const uint64_t[17]) { __VA_ARGS__ })
static int64_t see_call_array(Guest *g, GString *seen, const char *what,
                              uint64_t fn, const uint64_t args[17])
{
    GuestFrame result;

    guest_wait(g, 0, guest_call_start_array(g, 0, fn, args), &result);
    for (unsigned i = 0; i < 18; i++) {
        see(seen, result.x[i], "%s: X%u of call 0x%" PRIx64, what, i, fn);
    }
    return result.x[0];
}

static void see_dump(Guest *g, GString *seen, const char *what, bool first)
{
    for (unsigned i = 0; i < DUMP_SYSREG + ARRAY_SIZE(sysregs); i++) {
        uint64_t value = qtest_readq(g->qts, DUMP + i * 8);

        if (i < DUMP_SP) {
            see(seen, value, "%s: X%u", what, i);
        } else if (i == DUMP_SP) {
            see(seen, value, "%s: SP", what);
        } else if (i < DUMP_SYSREG) {
            see(seen, value, "%s: V%u.D[1]", what, i - DUMP_V);
        } else if (!first || !sysregs[i - DUMP_SYSREG].unknown) {
            see(seen, value, "%s: %s", what, sysregs[i - DUMP_SYSREG].name);
        }
    }
}

static void prepare_on(Guest *g)
{
    guest_set_word(g, PE, PE_READY, 0);
    qtest_memset(g->qts, DUMP, 0xee,
                 (DUMP_SYSREG + ARRAY_SIZE(sysregs)) * 8);
    write_start_code(g);
}

/* @first: the PE has not been on since the machine's reset */
static void see_cpu_on(Guest *g, GString *seen, const char *what, uint64_t fn,
                       uint64_t upper, bool first)
{
    prepare_on(g);
    if (!see_call(g, seen, what, fn, upper | guest_affinity(g, PE),
                  upper | START_CODE, upper | DUMP)) {
        guest_wait_up(g, PE);
        see_dump(g, seen, what, first);
    } else {
        /* TCG's PSCI takes 64 bits even then */
        guest_cpu_on(g, 0, PE);
    }
}

/* The PE has the endianness of its caller */
static void see_cpu_on_big_endian(Guest *g, GString *seen)
{
    uint64_t sctlr = guest_read_sysreg(g, 0, SYSREG_SCTLR_EL1);
    GuestFrame result;
    GuestRun run;

    prepare_on(g);
    guest_run_init(g, 0, &run);
    guest_run_insn(&run, INSN_MSR(19, SYSREG_SCTLR_EL1));
    guest_run_insn(&run, INSN_ISB);
    guest_run_insn(&run, INSN_HVC);
    guest_run_insn(&run, INSN_MSR(20, SYSREG_SCTLR_EL1));
    guest_run_insn(&run, INSN_ISB);
    guest_run_end(&run);
    run.x[0] = PSCI_CPU_ON;
    run.x[1] = guest_affinity(g, PE);
    run.x[2] = START_CODE;
    run.x[3] = DUMP;
    run.x[19] = sctlr | SCTLR_EE;
    run.x[20] = sctlr;
    guest_run(g, 0, &run, &result);
    guest_check_eq(g, 0, result.x[0], 0, "result of CPU_ON");
    guest_wait_up(g, PE);
    see_dump(g, seen, "big-endian", false);
}

static void cpu_off_dirty(Guest *g)
{
    make_dirty(g);
    guest_cpu_off(g, 0, PE);
}

/* No PE is there, or its number has bits that no affinity has */
static void see_wrong_affinities(Guest *g, GString *seen)
{
    const uint64_t wrong[] = {
        0xfe, 1 << 24, 1 << 30, 1u << 31, 1ull << 32, 1ull << 40, 1ull << 63,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint64_t affinity = guest_affinity(g, PE) | wrong[i];

        see_call(g, seen, "no such PE", PSCI_CPU_ON, affinity,
                 GUEST_SECONDARY, PE);
        if (affinity == (uint32_t)affinity) {
            see_call(g, seen, "no such PE", PSCI_CPU_ON_SMC32, affinity,
                     GUEST_SECONDARY, PE);
        }
    }
}

static char *see_psci(Guest *g)
{
    GString *seen = g_string_new(NULL);

    /* The first time after the machine's reset */
    guest_set_word(g, 0, PE_READY, 0);
    qtest_system_reset(g->qts);
    guest_wait_up(g, 0);
    see_call(g, seen, "before", PSCI_AFFINITY_INFO, guest_affinity(g, PE), 0);
    see_wrong_affinities(g, seen);
    see_cpu_on(g, seen, "first", PSCI_CPU_ON, 0, true);

    see_call(g, seen, "on", PSCI_AFFINITY_INFO, guest_affinity(g, PE), 0);
    see_call(g, seen, "on", PSCI_CPU_ON, guest_affinity(g, PE),
             GUEST_SECONDARY, PE);
    see_call(g, seen, "on", PSCI_CPU_ON_SMC32, UPPER | guest_affinity(g, PE),
             GUEST_SECONDARY, PE);
    see_call(g, seen, "self", PSCI_CPU_ON, guest_affinity(g, 0),
             GUEST_SECONDARY, 0);
    see_call(g, seen, "no such call", PSCI_CPU_OFF | 1u << 30);
    see_call(g, seen, "CPU_ON", PSCI_FEATURES, PSCI_CPU_ON);
    see_call(g, seen, "CPU_ON of SMC32", PSCI_FEATURES, PSCI_CPU_ON_SMC32);
    see_call(g, seen, "CPU_OFF", PSCI_FEATURES, PSCI_CPU_OFF);

    cpu_off_dirty(g);
    see_call(g, seen, "off", PSCI_AFFINITY_INFO, guest_affinity(g, PE), 0);
    see_cpu_on(g, seen, "second", PSCI_CPU_ON, 0, false);
    cpu_off_dirty(g);
    see_cpu_on(g, seen, "SMC32", PSCI_CPU_ON_SMC32, 0, false);
    cpu_off_dirty(g);
    see_cpu_on(g, seen, "SMC32, wide", PSCI_CPU_ON_SMC32, UPPER, false);
    cpu_off_dirty(g);
    see_cpu_on_big_endian(g, seen);
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
    g_autoptr(GString) stayed = g_string_new(NULL);
    g_autoptr(GString) moved = g_string_new(NULL);
    Guest *there;

    cpu_off_dirty(g);
    see_cpu_on(g, stayed, "on", PSCI_CPU_ON, 0, false);
    cpu_off_dirty(g);
    there = guest_move(g, ROUTE_FILE, NULL);
    see_cpu_on(there, moved, "on", PSCI_CPU_ON, 0, false);
    guest_move_end(there);
    guest_continue(g);
    check_same("after a migration", moved->str, stayed->str);
}

static void test_loaded(Guest *g, const void *data)
{
    g_autofree char *path = g_strdup_printf("%s/arm-sdei-%d.qcow2",
                                            g_get_tmp_dir(), getpid());
    g_autoptr(GString) saved = g_string_new(NULL);
    g_autoptr(GString) loaded = g_string_new(NULL);
    g_autofree Guest *then = NULL;

    snapshot_attach(g->qts, path);
    g_unlink(path);
    cpu_off_dirty(g);
    snapshot_save(g->qts, "off");
    then = g_memdup2(g, sizeof(*g));
    see_cpu_on(g, saved, "on", PSCI_CPU_ON, 0, false);
    snapshot_load(g->qts, "off");
    *g = *then;
    see_cpu_on(g, loaded, "on", PSCI_CPU_ON, 0, false);
    check_same("after loading a snapshot", loaded->str, saved->str);
    guest_finish();
}

/* Wait for GO, power the PE on, and ask whether it is */
static uint64_t race_start(Guest *g, unsigned by)
{
    GuestRun run;

    guest_run_init(g, by, &run);
    guest_run_mark_started(by, &run);
    guest_run_insn(&run, INSN_LDR_X(10, 9));
    guest_run_insn(&run, INSN_CBZ(10, -4));
    guest_run_insn(&run, INSN_HVC);
    guest_run_insn(&run, INSN_MOV(20, 0));
    guest_run_insn(&run, INSN_MOV(0, 21));
    guest_run_insn(&run, INSN_MOV(1, 22));
    guest_run_insn(&run, INSN_MOV(2, 31));
    guest_run_insn(&run, INSN_HVC);
    guest_run_end(&run);
    run.x[0] = PSCI_CPU_ON;
    run.x[1] = run.x[22] = guest_affinity(g, PE);
    run.x[2] = GUEST_SECONDARY;
    run.x[3] = PE;
    run.x[9] = GO;
    run.x[21] = PSCI_AFFINITY_INFO;
    guest_run_start(g, by, &run);
    guest_run_wait_started(g, by);
    return run.seq;
}

/*
 * Of PEs that power on the same one, one does, and whoever has an answer finds
 * it on; a debugger that fetches all registers meanwhile does no harm.
 */
static void test_race(Guest *g, const void *data)
{
    static const unsigned racers[] = { 0, 2, 3 };

    for (unsigned i = 0; i < RACES; i++) {
        uint64_t boots = guest_word(g, PE, PE_BOOTS);
        uint64_t seq[ARRAY_SIZE(racers)];
        unsigned winners = 0;

        guest_cpu_off(g, 0, PE);
        guest_set_word(g, PE, PE_READY, 0);
        qtest_writeq(g->qts, GO, 0);
        for (unsigned j = 0; j < ARRAY_SIZE(racers); j++) {
            seq[j] = race_start(g, racers[j]);
        }
        qtest_writeq(g->qts, GO, 1);
        g_free(qtest_hmp(g->qts, "info registers -a"));
        for (unsigned j = 0; j < ARRAY_SIZE(racers); j++) {
            GuestFrame result;

            guest_wait(g, racers[j], seq[j], &result);
            if (result.x[20] == 0) {
                winners++;
            } else {
                guest_check_eq(g, racers[j], result.x[20], PSCI_ALREADY_ON,
                               "result of CPU_ON");
            }
            guest_check_eq(g, racers[j], result.x[0], PSCI_AFFINITY_ON,
                           "AFFINITY_INFO after it");
        }
        guest_check_eq(g, PE, winners, 1, "successful CPU_ON");
        guest_wait_up(g, PE);
        guest_check_eq(g, PE, guest_word(g, PE, PE_BOOTS), boots + 1,
                       "times the PE came up");
    }
}

void add_psci_tests(void)
{
    scenario_add(SCENARIO_EL1, test_unchanged, NULL, "psci/unchanged");
    scenario_add(SCENARIO_EL1, test_migrated, NULL, "psci/migrated");
    scenario_add(SCENARIO_EL1, test_loaded, NULL, "psci/loaded");
    if (guest_is_kvm()) {
        /* In QEMU's own PSCI several win */
        scenario_add(SCENARIO_EVENTS_EL1, test_race, NULL, "psci/race");
    }
}
