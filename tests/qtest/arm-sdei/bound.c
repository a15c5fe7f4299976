/*
 * Interrupts for the scenarios of arm-sdei-test that bind them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "bound.h"

#define GICD                0x08000000
#define GICD_CTLR           (GICD + 0x0000)
#define GICD_ITARGETSR      (GICD + 0x0800)
#define GICD_IROUTER        (GICD + 0x6000)
#define GICV2_CTLR_ENABLE   1
#define GICV3_CTLR_ENABLE   0x12    /* group 1, affinity routing */
#define GICC                0x08010000
#define GICC_CTLR           (GICC + 0x00)
#define GICC_PMR            (GICC + 0x04)
#define GICC_IAR            (GICC + 0x0c)
#define GICC_EOIR           (GICC + 0x10)
#define GICC_HPPIR          (GICC + 0x18)
#define GICR_SGI(cpu)       (0x080b0000 + (cpu) * 0x20000)
#define INTID_MASK          0x3ff

#define SYSREG_ICC_PMR      SYSREG(3, 0, 4, 6, 0)
#define SYSREG_ICC_IGRPEN1  SYSREG(3, 0, 12, 12, 7)
#define SYSREG_ICC_IAR1     SYSREG(3, 0, 12, 12, 0)
#define SYSREG_ICC_EOIR1    SYSREG(3, 0, 12, 12, 1)
#define SYSREG_ICC_HPPIR1   SYSREG(3, 0, 12, 12, 2)
#define HCR_IMO             (1ull << 4)
#define PSTATE_I            0x80

/* The GIC of the current guest */
static char *gic_path;
static bool gic_is_v2;

static void find_gic(Guest *g)
{
    QDict *response = qtest_qmp(g->qts, "{ 'execute': 'qom-list', 'arguments':"
                                " { 'path': '/machine/unattached' } }");
    QListEntry *entry;

    g_clear_pointer(&gic_path, g_free);
    QLIST_FOREACH_ENTRY(qdict_get_qlist(response, "return"), entry) {
        QDict *child = qobject_to(QDict, qlist_entry_obj(entry));
        const char *type = qdict_get_str(child, "type");
        bool is_v2 = g_str_equal(type, "child<arm_gic>") ||
                     g_str_equal(type, "child<kvm-arm-gic>");

        if (is_v2 || g_str_equal(type, "child<arm-gicv3>") ||
            g_str_equal(type, "child<kvm-arm-gicv3>")) {
            gic_is_v2 = is_v2;
            gic_path = g_strdup_printf("/machine/unattached/%s",
                                       qdict_get_str(child, "name"));
        }
    }
    qobject_unref(response);
    g_assert_nonnull(gic_path);
}

void bound_init(Guest *g)
{
    static const uint32_t private[] = { PPI_A, PPI_B };
    static const uint32_t shared[] = { SPI_A, SPI_B };

    find_gic(g);
    for (unsigned i = 0; i < ARRAY_SIZE(private); i++) {
        /* Those of a GIC in the host kernel are not QEMU's */
        for (unsigned cpu = 0;
             !guest_has_kernel_gic() && cpu < g->config.cpus; cpu++) {
            line_set(g, private[i], cpu, false);
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(shared); i++) {
        line_set(g, shared[i], 0, false);
    }
}

typedef struct Bound {
    ScenarioFn *fn;
    const void *data;
} Bound;

/* Until the end, for several scenarios each */
static GSList *all_bound;

static void bound_run(Guest *g, const void *opaque)
{
    const Bound *bound = opaque;

    bound_init(g);
    bound->fn(g, bound->data);
}

void bound_add(ScenarioFlags flags, ScenarioFn *fn, const void *data,
               const char *path_fmt, ...)
{
    g_autofree char *path = NULL;
    Bound *bound = g_new(Bound, 1);
    va_list ap;

    va_start(ap, path_fmt);
    path = g_strdup_vprintf(path_fmt, ap);
    va_end(ap);
    *bound = (Bound) { .fn = fn, .data = data };
    all_bound = g_slist_prepend(all_bound, bound);
    scenario_add(flags, bound_run, bound, "%s", path);
}

/*
 * Lines
 */

void line_set(Guest *g, uint32_t intid, unsigned cpu, bool level)
{
    /* SPIs come first, then the PPIs of each PE */
    unsigned n = is_spi(intid) ? intid - 32 :
                 NUM_INTIDS - 32 + cpu * 32 + intid;

    qtest_set_irq_in(g->qts, gic_path, NULL, n, level);
}

void line_pulse(Guest *g, uint32_t intid, unsigned cpu)
{
    line_set(g, intid, cpu, true);
    line_set(g, intid, cpu, false);
}

/*
 * Events
 */

uint32_t bind_intid(Guest *g, unsigned cpu, uint32_t intid)
{
    int64_t num = guest_call(g, cpu, SDEI_INTERRUPT_BIND, intid);
    int64_t first = is_spi(intid) ? BOUND_SPI_FIRST : BOUND_PPI_FIRST;
    int64_t slots = is_spi(intid) ? BOUND_SPI_SLOTS : BOUND_PPI_SLOTS;

    if (num < first || num >= first + slots) {
        guest_fail(g, cpu, "INTERRUPT_BIND(%u) returned %" PRId64 " (0x%"
                   PRIx64 ")", intid, num, num);
    }
    return num;
}

uint32_t bound_register(Guest *g, unsigned cpu, uint32_t intid,
                        unsigned handler)
{
    uint32_t num = bind_intid(g, cpu, intid);

    guest_expect(g, cpu, 0, SDEI_EVENT_REGISTER, num, GUEST_HANDLER(handler),
                 intid, is_spi(intid) ? SDEI_REGISTER_RM_PE : 0,
                 guest_affinity(g, cpu));
    return num;
}

uint32_t bound_ready(Guest *g, unsigned cpu, uint32_t intid, unsigned handler)
{
    uint32_t num = bound_register(g, cpu, intid, handler);

    guest_expect(g, cpu, 0, SDEI_EVENT_ENABLE, num);
    guest_expect(g, cpu, 0, SDEI_PE_UNMASK);
    return num;
}

uint32_t bound_register_any(Guest *g, unsigned cpu, uint32_t intid,
                            unsigned handler)
{
    uint32_t num = bind_intid(g, cpu, intid);

    guest_expect(g, cpu, 0, SDEI_EVENT_REGISTER, num, GUEST_HANDLER(handler),
                 intid);
    return num;
}

void bound_wait(Guest *g, unsigned cpu, unsigned handler, uint32_t num)
{
    GuestFrame frame;

    guest_wait_handler(g, cpu, handler, &frame);
    guest_check_eq(g, cpu, frame.x[0], num, "event number in X0");
}

void bound_idle(Guest *g, unsigned cpu, unsigned handler, uint64_t count)
{
    guest_nop(g, cpu);
    guest_check_eq(g, cpu, guest_count(g, cpu, ID_HANDLER(handler)), count,
                   "entries of handler %u", handler);
}

/*
 * The GIC
 */

static unsigned gic_bits(GICReg reg)
{
    return reg == GIC_ICFGR ? 2 : 1;
}

/* Both GICs have SPIs at the same place */
uint64_t gic_address(unsigned cpu, GICReg reg, uint32_t intid)
{
    uint64_t base = gic_is_v2 || is_spi(intid) ? GICD : GICR_SGI(cpu);

    return base + reg + intid * gic_bits(reg) / 32 * 4;
}

uint32_t gic_mask(GICReg reg, uint32_t intid)
{
    unsigned bits = gic_bits(reg);

    return 1u << (intid * bits % 32 + bits - 1);
}

bool gic_bit(Guest *g, unsigned cpu, GICReg reg, uint32_t intid)
{
    uint32_t word = guest_read32(g, cpu, gic_address(cpu, reg, intid));

    return word & gic_mask(reg, intid);
}

void gic_write_bit(Guest *g, unsigned cpu, GICReg reg, uint32_t intid)
{
    guest_write32(g, cpu, gic_address(cpu, reg, intid), gic_mask(reg, intid));
}

void gic_set_edge(Guest *g, unsigned cpu, uint32_t intid, bool edge)
{
    uint64_t address = gic_address(cpu, GIC_ICFGR, intid);
    uint32_t bit = gic_mask(GIC_ICFGR, intid);
    uint32_t word = guest_read32(g, cpu, address);

    guest_write32(g, cpu, address, edge ? word | bit : word & ~bit);
    word = guest_read32(g, cpu, address);
    guest_check_eq(g, cpu, !!(word & bit), edge, "GICD_ICFGR of %u", intid);
}

void gic_on(Guest *g, unsigned cpu)
{
    if (g->client_el == 2) {
        uint64_t hcr = guest_read_sysreg(g, cpu, SYSREG_HCR_EL2);

        guest_write_sysreg(g, cpu, SYSREG_HCR_EL2, hcr | HCR_IMO);
    }
    if (gic_is_v2) {
        guest_write32(g, cpu, GICD_CTLR, GICV2_CTLR_ENABLE);
        guest_write32(g, cpu, GICC_PMR, 0xff);
        guest_write32(g, cpu, GICC_CTLR, GICV2_CTLR_ENABLE);
        guest_set_word(g, cpu, PE_GICC, GICC);
        guest_set_word(g, cpu, PE_IRQ_MODE, IRQ_GICV2);
    } else {
        guest_write32(g, cpu, GICD_CTLR, GICV3_CTLR_ENABLE);
        guest_write_sysreg(g, cpu, SYSREG_ICC_PMR, 0xff);
        guest_write_sysreg(g, cpu, SYSREG_ICC_IGRPEN1, 1);
        guest_set_word(g, cpu, PE_IRQ_MODE, IRQ_GICV3);
    }
}

void gic_enable(Guest *g, unsigned cpu, uint32_t intid)
{
    if (gic_is_v2) {
        if (is_spi(intid)) {
            uint64_t address = GICD_ITARGETSR + intid / 4 * 4;
            uint32_t mask = 0xffu << intid % 4 * 8;
            uint32_t word = guest_read32(g, cpu, address) & ~mask;

            guest_write32(g, cpu, address,
                          word | (1u << cpu) << intid % 4 * 8);
        }
    } else {
        uint64_t address = gic_address(cpu, GIC_IGROUPR, intid);
        uint32_t word = guest_read32(g, cpu, address);

        guest_write32(g, cpu, address, word | gic_mask(GIC_IGROUPR, intid));
        if (is_spi(intid)) {
            guest_write32(g, cpu, GICD_IROUTER + intid * 8,
                          guest_affinity(g, cpu));
        }
    }
    gic_write_bit(g, cpu, GIC_ISENABLER, intid);
}

uint32_t gic_offers(Guest *g, unsigned cpu)
{
    if (gic_is_v2) {
        return guest_read32(g, cpu, GICC_HPPIR) & INTID_MASK;
    }
    return guest_read_sysreg(g, cpu, SYSREG_ICC_HPPIR1) & INTID_MASK;
}

uint32_t gic_take(Guest *g, unsigned cpu)
{
    if (gic_is_v2) {
        return guest_read32(g, cpu, GICC_IAR) & INTID_MASK;
    }
    return guest_read_sysreg(g, cpu, SYSREG_ICC_IAR1) & INTID_MASK;
}

void gic_end(Guest *g, unsigned cpu, uint32_t intid)
{
    if (gic_is_v2) {
        guest_write32(g, cpu, GICC_EOIR, intid);
    } else {
        guest_write_sysreg(g, cpu, SYSREG_ICC_EOIR1, intid);
    }
}

void gic_check_idle(Guest *g, unsigned cpu, uint32_t intid)
{
    gic_check_level(g, cpu, intid, false);
    guest_check_eq(g, cpu, gic_bit(g, cpu, GIC_ISACTIVER, intid), false,
                   "active bit of %u", intid);
    guest_check_eq(g, cpu, gic_bit(g, cpu, GIC_ICACTIVER, intid), false,
                   "active bit of %u (ICACTIVER)", intid);
}

void gic_check_level(Guest *g, unsigned cpu, uint32_t intid, bool level)
{
    guest_check_eq(g, cpu, gic_bit(g, cpu, GIC_ISPENDR, intid), level,
                   "pending bit of %u", intid);
    guest_check_eq(g, cpu, gic_bit(g, cpu, GIC_ICPENDR, intid), level,
                   "pending bit of %u (ICPENDR)", intid);
}

uint64_t irq_spin_start(Guest *g, unsigned cpu, uint64_t poke, uint32_t value)
{
    uint64_t x[31];

    guest_pattern(x, 0x1129);
    guest_set_poke(g, cpu, ID_IRQ, poke, value);
    return guest_spin_start(g, cpu, x,
                            guest_pstate(g, PSTATE_DAIF & ~PSTATE_I));
}
