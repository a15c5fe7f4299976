/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: guests that are migrated and do not notice
 *
 * A state is made and then used.  Both are done in one QEMU first, then the
 * guest is migrated in between by each of several routes.  What the guest sees
 * has to be the same each time, and the device's state directly after the
 * migration what it was before.
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qobject.h"
#include "bound.h"
#include "move.h"
#include "stage.h"
#include "user-event.h"

#define PES             4
/* Small, as all of it is looked at for each migration */
#define SMALL           " -m 64 -nic none "
#define EVENTS_ARGS     USER_EVENTS_ARGS SMALL

#define FIRST_BOUND_PPI 0x40000100
#define FIRST_BOUND_SPI 0x40000200
/* Lines of virt that have no device */
#define FREE_PPI        22
#define FREE_SPI        287
#define NUM_SPIS        256
#define GICD_ICFGR      0x08000c00

/* ---- A guest on its way ---- */

/**
 * Trip: a guest, and what it has seen
 * @g: where it is now
 * @seen: a line for each thing
 * @silent: PEs that are not to be asked, a mask
 * @seq: of a spin loop that is under way
 */
typedef struct Trip {
    Guest *g;
    GString *seen;
    unsigned silent;
    uint64_t seq;
} Trip;

static void G_GNUC_PRINTF(2, 3) see(Trip *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(t->seen, fmt, ap);
    va_end(ap);
    g_string_append_c(t->seen, '\n');
}

#define see_call(t, cpu, fn, ...) \
    see(t, "PE %u: %s(" #__VA_ARGS__ ") = %" PRId64, cpu, sdei_fn_name(fn), \
        guest_call((t)->g, cpu, fn, ##__VA_ARGS__))

static void see_handler(Trip *t, unsigned cpu, unsigned handler)
{
    GuestFrame frame;

    guest_wait_handler(t->g, cpu, handler, &frame);
    see(t, "PE %u: handler %u, event 0x%" PRIx64 ", argument 0x%" PRIx64
        ", interrupted PSTATE 0x%" PRIx64, cpu, handler, frame.x[0],
        frame.x[1], frame.x[3] & ~(uint64_t)PSTATE_NZCV);
}

/* What any PE can learn by calls */
static void see_all(Trip *t)
{
    /* What one PE sees depends on what the others have done */
    for (unsigned cpu = 0; cpu < PES; cpu++) {
        if (!extract32(t->silent, cpu, 1)) {
            guest_nop(t->g, cpu);
        }
    }
    for (unsigned cpu = 0; cpu < PES; cpu++) {
        if (extract32(t->silent, cpu, 1)) {
            continue;
        }
        for (unsigned i = 0; i <= USER_EVENTS; i++) {
            uint32_t num = i ? EVENT_USER(i) : EVENT_SW_SIGNALED;

            see(t, "PE %u: event 0x%x: status %" PRId64 ", routing %" PRId64
                ", %" PRId64, cpu, num,
                guest_call(t->g, cpu, SDEI_EVENT_STATUS, num),
                guest_call(t->g, cpu, SDEI_EVENT_GET_INFO, num,
                           SDEI_INFO_ROUTING_MODE),
                guest_call(t->g, cpu, SDEI_EVENT_GET_INFO, num,
                           SDEI_INFO_ROUTING_AFFINITY));
        }
        for (unsigned i = 0; i < 2; i++) {
            see_call(t, cpu, SDEI_EVENT_STATUS, FIRST_BOUND_PPI + i);
            see_call(t, cpu, SDEI_EVENT_STATUS, FIRST_BOUND_SPI + i);
        }
        for (unsigned i = 0; i < HANDLERS; i++) {
            see(t, "PE %u: %" PRIu64 " times in handler %u", cpu,
                guest_count(t->g, cpu, ID_HANDLER(i)), i);
        }
    }
}

static void trip_register(Trip *t, unsigned cpu, uint32_t num,
                          unsigned handler, uint64_t flags, unsigned to)
{
    guest_expect(t->g, cpu, 0, SDEI_EVENT_REGISTER, num,
                 GUEST_HANDLER(handler), 0x1000 * num + cpu, flags,
                 guest_affinity(t->g, to));
}

static void trip_enable(Trip *t, unsigned cpu, uint32_t num, unsigned handler)
{
    trip_register(t, cpu, num, handler, 0, 0);
    guest_expect(t->g, cpu, 0, SDEI_EVENT_ENABLE, num);
}

static void trip_unmask(Trip *t, unsigned cpu)
{
    guest_expect(t->g, cpu, 0, SDEI_PE_UNMASK);
}

static void trip_spin(Trip *t, unsigned cpu)
{
    uint64_t x[31];

    guest_pattern(x, 0x51ee);
    t->seq = guest_spin_start(t->g, cpu, x,
                              guest_pstate(t->g, PSTATE_DAIF |
                                           (PSTATE_NZCV & 0xa0000000)));
}

static void trip_check_context(Trip *t, unsigned cpu)
{
    uint64_t x[31];

    guest_pattern(x, 0x51ee);
    context_check(t->g, cpu, x);
}

static void trip_spin_end(Trip *t, unsigned cpu)
{
    GuestFrame result;
    uint64_t x[31];

    guest_pattern(x, 0x51ee);
    guest_spin_stop(t->g, cpu, t->seq, &result);
    guest_check_regs(t->g, cpu, result.x, x, 0, 29, "after the handlers");
    guest_check_eq(t->g, cpu, guest_end_pstate(&result),
                   guest_pstate(t->g, PSTATE_DAIF | (PSTATE_NZCV & 0xa0000000)),
                   "PSTATE after the handlers");
}

/* The GIC is a child of the machine without a name of its own */
static char *find_gic(QTestState *qts)
{
    QDict *response = qtest_qmp(qts, "{ 'execute': 'qom-list',"
                                "  'arguments': { 'path': %s } }",
                                "/machine/unattached");
    const QListEntry *entry;
    char *path = NULL;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(response, "return"), entry) {
        QDict *child = qobject_to(QDict, qlist_entry_obj(entry));
        const char *type = qdict_get_str(child, "type");

        if (!strcmp(type, "child<arm-gicv3>") ||
            !strcmp(type, "child<arm_gic>") ||
            !strcmp(type, "child<kvm-arm-gicv3>")) {
            path = g_strdup_printf("/machine/unattached/%s",
                                   qdict_get_str(child, "name"));
        }
    }
    qobject_unref(response);
    g_assert(path);
    return path;
}

/* The GIC's inputs: of SPIs, then of each CPU's private interrupts */
static void set_line(Trip *t, uint32_t intid, unsigned cpu, bool level)
{
    int n = intid >= 32 ? intid - 32 : NUM_SPIS + cpu * 32 + intid;
    g_autofree char *path = find_gic(t->g->qts);

    qtest_set_irq_in(t->g->qts, path, NULL, n, level);
}

static uint32_t trip_bind(Trip *t, unsigned cpu, uint32_t intid,
                          unsigned handler)
{
    uint32_t num = intid < 32 ? FIRST_BOUND_PPI : FIRST_BOUND_SPI;

    guest_expect(t->g, cpu, num, SDEI_INTERRUPT_BIND, intid);
    trip_register(t, cpu, num, handler, 1, cpu);
    guest_expect(t->g, cpu, 0, SDEI_EVENT_ENABLE, num);
    return num;
}

/* ---- States: how they come about and how they are used ---- */

static void handler_before(Trip *t)
{
    trip_enable(t, 1, EVENT_SW_SIGNALED, 0);
    trip_unmask(t, 1);
    trip_spin(t, 1);
    event_signal(t->g, 0, 1);
    see_handler(t, 1, 0);
}

static void handler_after(Trip *t)
{
    see_call(t, 1, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
    trip_check_context(t, 1);
    guest_complete(t->g, 1, 0);
    trip_spin_end(t, 1);
}

static void nested_before(Trip *t)
{
    trip_enable(t, 1, EVENT_PN1, 0);
    trip_enable(t, 1, EVENT_PC1, 1);
    trip_unmask(t, 1);
    trip_spin(t, 1);
    user_event_trigger(t->g, EVENT_PN1, 1);
    see_handler(t, 1, 0);
    user_event_trigger(t->g, EVENT_PC1, 1);
    see_handler(t, 1, 1);
}

static void nested_after(Trip *t)
{
    see_call(t, 1, SDEI_EVENT_STATUS, EVENT_PN1);
    see_call(t, 1, SDEI_EVENT_STATUS, EVENT_PC1);
    guest_complete(t->g, 1, 0);
    trip_check_context(t, 1);
    guest_complete(t->g, 1, 0);
    trip_spin_end(t, 1);
    see_call(t, 1, SDEI_EVENT_COMPLETE, 0);
}

static void shared_running_before(Trip *t)
{
    trip_enable(t, 0, EVENT_SN1, 0);
    trip_enable(t, 0, EVENT_SC1, 1);
    trip_unmask(t, 2);
    user_event_trigger_shared(t->g, EVENT_SN1);
    see_handler(t, 2, 0);
    user_event_trigger_shared(t->g, EVENT_SC1);
    see_handler(t, 2, 1);
    user_event_trigger_shared(t->g, EVENT_SN1);
}

static void shared_running_after(Trip *t)
{
    see_call(t, 3, SDEI_EVENT_STATUS, EVENT_SN1);
    guest_complete(t->g, 2, 0);
    guest_nop(t->g, 2);
    guest_complete(t->g, 2, 0);
    /* It was triggered once more while it ran */
    see_handler(t, 2, 0);
    guest_complete(t->g, 2, 0);
}

static void masked_before(Trip *t)
{
    trip_enable(t, 1, EVENT_SW_SIGNALED, 0);
    trip_enable(t, 1, EVENT_PC1, 1);
    event_signal(t->g, 0, 1);
    event_signal(t->g, 0, 1);
    user_event_trigger(t->g, EVENT_PC1, 1);
}

static void masked_after(Trip *t)
{
    see_call(t, 1, SDEI_PE_MASK);
    guest_call_start(t->g, 1, SDEI_PE_UNMASK);
    see_handler(t, 1, 1);
    guest_complete(t->g, 1, 0);
    see_handler(t, 1, 0);
    guest_complete(t->g, 1, 0);
}

static void disabled_before(Trip *t)
{
    trip_register(t, 1, EVENT_SW_SIGNALED, 0, 0, 0);
    trip_unmask(t, 1);
    event_signal(t->g, 0, 1);
}

static void disabled_after(Trip *t)
{
    see_call(t, 1, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
    guest_call_start(t->g, 1, SDEI_EVENT_ENABLE, EVENT_SW_SIGNALED);
    see_handler(t, 1, 0);
    guest_complete(t->g, 1, 0);
}

static void again_before(Trip *t)
{
    handler_before(t);
    event_signal(t->g, 0, 1);
    event_signal(t->g, 0, 1);
}

static void again_after(Trip *t)
{
    guest_complete(t->g, 1, 0);
    see_handler(t, 1, 0);
    trip_check_context(t, 1);
    guest_complete(t->g, 1, 0);
    trip_spin_end(t, 1);
}

static void running_disabled_before(Trip *t)
{
    handler_before(t);
    guest_expect(t->g, 1, 0, SDEI_EVENT_DISABLE, EVENT_SW_SIGNALED);
    event_signal(t->g, 0, 1);
}

static void running_disabled_after(Trip *t)
{
    handler_after(t);
    see_call(t, 1, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
    guest_call_start(t->g, 1, SDEI_EVENT_ENABLE, EVENT_SW_SIGNALED);
    see_handler(t, 1, 0);
    guest_complete(t->g, 1, 0);
}

static void unregistered_before(Trip *t)
{
    handler_before(t);
    event_signal(t->g, 0, 1);
    guest_expect(t->g, 1, SDEI_PENDING, SDEI_EVENT_UNREGISTER,
                 EVENT_SW_SIGNALED);
}

static void unregistered_after(Trip *t)
{
    see_call(t, 1, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
    see_call(t, 1, SDEI_EVENT_UNREGISTER, EVENT_SW_SIGNALED);
    see_call(t, 0, SDEI_EVENT_SIGNAL, EVENT_SW_SIGNALED,
             guest_affinity(t->g, 1));
    guest_complete(t->g, 1, 0);
    trip_spin_end(t, 1);
    see_call(t, 1, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
}

static void relative_before(Trip *t)
{
    guest_expect(t->g, 2, 0, SDEI_EVENT_REGISTER, EVENT_SW_SIGNALED,
                 GUEST_HANDLER_OFFSET(3), 0xabc, SDEI_REGISTER_RELATIVE);
    guest_expect(t->g, 2, 0, SDEI_EVENT_ENABLE, EVENT_SW_SIGNALED);
    trip_unmask(t, 2);
}

static void relative_after(Trip *t)
{
    event_signal(t->g, 0, 2);
    see_handler(t, 2, 3);
    guest_complete(t->g, 2, 0);
}

static void any_waits_before(Trip *t)
{
    trip_enable(t, 0, EVENT_SN1, 0);
    trip_enable(t, 1, EVENT_SC1, 1);
    user_event_trigger_shared(t->g, EVENT_SN1);
    user_event_trigger_shared(t->g, EVENT_SC1);
}

static void any_waits_after(Trip *t)
{
    guest_call_start(t->g, 2, SDEI_PE_UNMASK);
    see_handler(t, 2, 1);
    guest_complete(t->g, 2, 0);
    see_handler(t, 2, 0);
    guest_complete(t->g, 2, 0);
}

static void routed_waits_before(Trip *t)
{
    trip_register(t, 0, EVENT_SN2, 0, SDEI_REGISTER_RM_PE, 3);
    guest_expect(t->g, 0, 0, SDEI_EVENT_ENABLE, EVENT_SN2);
    trip_unmask(t, 0);
    trip_unmask(t, 1);
    user_event_trigger_shared(t->g, EVENT_SN2);
}

static void routed_waits_after(Trip *t)
{
    trip_unmask(t, 2);
    guest_call_start(t->g, 3, SDEI_PE_UNMASK);
    see_handler(t, 3, 0);
    guest_complete(t->g, 3, 0);
}

/* RM_ANY takes turns, and goes on with the turn */
static void turn_before(Trip *t)
{
    set_all_modes(t->g, 0, MODE_AUTO);
    trip_enable(t, 0, EVENT_SN1, 0);
    unmask_all(t->g);
    for (unsigned i = 1; i <= 6; i++) {
        user_event_trigger_shared(t->g, EVENT_SN1);
        wait_count_all(t->g, 0, i);
        settle(t->g);
    }
}

static void turn_after(Trip *t)
{
    for (unsigned i = 7; i <= 11; i++) {
        user_event_trigger_shared(t->g, EVENT_SN1);
        wait_count_all(t->g, 0, i);
        settle(t->g);
    }
}

static void level_before(Trip *t)
{
    trip_bind(t, 1, FREE_SPI, 0);
    set_line(t, FREE_SPI, 0, true);
}

static void level_after(Trip *t)
{
    guest_call_start(t->g, 1, SDEI_PE_UNMASK);
    see_handler(t, 1, 0);
    guest_complete(t->g, 1, 0);
    see_handler(t, 1, 0);
    set_line(t, FREE_SPI, 0, false);
    guest_complete(t->g, 1, 0);
    guest_nop(t->g, 1);
    set_line(t, FREE_SPI, 0, true);
    see_handler(t, 1, 0);
    set_line(t, FREE_SPI, 0, false);
    guest_complete(t->g, 1, 0);
}

static void level_running_before(Trip *t)
{
    level_before(t);
    guest_call_start(t->g, 1, SDEI_PE_UNMASK);
    see_handler(t, 1, 0);
}

static void level_running_after(Trip *t)
{
    guest_complete(t->g, 1, 0);
    see_handler(t, 1, 0);
    set_line(t, FREE_SPI, 0, false);
    guest_complete(t->g, 1, 0);
}

/* It drops after the migration, before it is delivered */
static void level_drops_after(Trip *t)
{
    set_line(t, FREE_SPI, 0, false);
    trip_unmask(t, 1);
}

static void edge_before(Trip *t)
{
    uint64_t icfgr = GICD_ICFGR + FREE_SPI / 16 * 4;

    guest_write32(t->g, 0, icfgr, 2u << (FREE_SPI % 16 * 2));
    trip_bind(t, 1, FREE_SPI, 0);
    set_line(t, FREE_SPI, 0, true);
    set_line(t, FREE_SPI, 0, false);
}

static void edge_after(Trip *t)
{
    guest_call_start(t->g, 1, SDEI_PE_UNMASK);
    see_handler(t, 1, 0);
    /* One more while it runs */
    set_line(t, FREE_SPI, 0, true);
    guest_complete(t->g, 1, 0);
    see_handler(t, 1, 0);
    guest_complete(t->g, 1, 0);
    guest_nop(t->g, 1);
    set_line(t, FREE_SPI, 0, false);
}

static void ppi_before(Trip *t)
{
    trip_bind(t, 2, FREE_PPI, 0);
    trip_bind(t, 3, FREE_PPI, 1);
    set_line(t, FREE_PPI, 3, true);
    trip_unmask(t, 2);
}

static void ppi_after(Trip *t)
{
    set_line(t, FREE_PPI, 2, true);
    see_handler(t, 2, 0);
    set_line(t, FREE_PPI, 2, false);
    guest_complete(t->g, 2, 0);
    guest_call_start(t->g, 3, SDEI_PE_UNMASK);
    see_handler(t, 3, 1);
    set_line(t, FREE_PPI, 3, false);
    guest_complete(t->g, 3, 0);
}

/* The line is still the GIC's */
static void bound_only_before(Trip *t)
{
    guest_expect(t->g, 1, FIRST_BOUND_SPI, SDEI_INTERRUPT_BIND, FREE_SPI);
    set_line(t, FREE_SPI, 0, true);
}

static void bound_only_after(Trip *t)
{
    trip_unmask(t, 1);
    see_call(t, 1, SDEI_INTERRUPT_BIND, FREE_SPI);
    trip_register(t, 1, FIRST_BOUND_SPI, 0, 0, 0);
    guest_call_start(t->g, 1, SDEI_EVENT_ENABLE, FIRST_BOUND_SPI);
    see_handler(t, 1, 0);
    set_line(t, FREE_SPI, 0, false);
    guest_complete(t->g, 1, 0);
    see_call(t, 1, SDEI_EVENT_UNREGISTER, FIRST_BOUND_SPI);
    see_call(t, 1, SDEI_INTERRUPT_RELEASE, FIRST_BOUND_SPI);
}

static void off_before(Trip *t)
{
    trip_enable(t, 2, EVENT_SW_SIGNALED, 0);
    trip_enable(t, 3, EVENT_SW_SIGNALED, 0);
    trip_register(t, 0, EVENT_SN2, 1, SDEI_REGISTER_RM_PE, 3);
    guest_expect(t->g, 0, 0, SDEI_EVENT_ENABLE, EVENT_SN2);
    trip_unmask(t, 2);
    trip_unmask(t, 3);
    event_signal(t->g, 0, 3);
    see_handler(t, 3, 0);
    guest_cpu_off(t->g, 0, 3);
    guest_cpu_off(t->g, 0, 2);
    user_event_trigger_shared(t->g, EVENT_SN2);
}

static void off_after(Trip *t)
{
    see_call(t, 0, SDEI_EVENT_SIGNAL, EVENT_SW_SIGNALED,
             guest_affinity(t->g, 3));
    see_call(t, 0, PSCI_AFFINITY_INFO, guest_affinity(t->g, 3), 0);
    guest_cpu_on(t->g, 0, 3);
    see_call(t, 3, SDEI_EVENT_STATUS, EVENT_SW_SIGNALED);
    guest_call_start(t->g, 3, SDEI_PE_UNMASK);
    see_handler(t, 3, 1);
    guest_complete(t->g, 3, 0);
    t->silent = 1 << 2;
}

static void parked_before(Trip *t)
{
    guest_set_mode(t->g, 1, ID_HANDLER(0), MODE_PARK);
    trip_enable(t, 1, EVENT_SW_SIGNALED, 0);
    trip_enable(t, 2, EVENT_SW_SIGNALED, 0);
    trip_enable(t, 0, EVENT_SN1, 1);
    trip_unmask(t, 1);
    trip_unmask(t, 2);
    event_signal(t->g, 0, 1);
    guest_wait_count(t->g, 1, ID_HANDLER(0), 1);
    t->silent = 1 << 1;
}

static void parked_after(Trip *t)
{
    see_call(t, 0, SDEI_EVENT_SIGNAL, EVENT_SW_SIGNALED,
             guest_affinity(t->g, 1));
    see_call(t, 0, SDEI_PRIVATE_RESET);
    see_call(t, 0, SDEI_SHARED_RESET);
    see_call(t, 0, PSCI_CPU_ON, guest_affinity(t->g, 1), GUEST_SECONDARY, 1);
    event_signal(t->g, 0, 2);
    see_handler(t, 2, 0);
    guest_complete(t->g, 2, 0);
}

static void unused_before(Trip *t)
{
}

static void unused_after(Trip *t)
{
    for (unsigned i = 0; i < PES; i++) {
        see_call(t, i, SDEI_PE_MASK);
        event_ready(t->g, i, i, i);
    }
    event_signal(t->g, 0, 3);
    see_handler(t, 3, 3);
    guest_complete(t->g, 3, 0);
}

typedef struct State {
    const char *name;
    void (*before)(Trip *t);
    void (*after)(Trip *t);
    bool basic;         /* also where time is to be saved */
} State;

static const State states[] = {
    { "unused", unused_before, unused_after },
    { "handler", handler_before, handler_after, true },
    { "nested-handlers", nested_before, nested_after, true },
    { "shared-handlers", shared_running_before, shared_running_after },
    { "pending-while-masked", masked_before, masked_after, true },
    { "pending-while-disabled", disabled_before, disabled_after },
    { "pending-while-running", again_before, again_after },
    { "disabled-while-running", running_disabled_before,
      running_disabled_after },
    { "unregistered-while-running", unregistered_before, unregistered_after },
    { "relative", relative_before, relative_after },
    { "any-waits", any_waits_before, any_waits_after, true },
    { "any-takes-turns", turn_before, turn_after },
    { "routed-waits", routed_waits_before, routed_waits_after },
    { "level-high", level_before, level_after, true },
    { "level-high-drops", level_before, level_drops_after },
    { "level-high-while-running", level_running_before, level_running_after,
      true },
    { "edge-pending", edge_before, edge_after },
    { "ppi-high", ppi_before, ppi_after, true },
    { "bound-and-high", bound_only_before, bound_only_after },
    { "off", off_before, off_after, true },
    { "parked", parked_before, parked_after },
};

/* ---- Machines ---- */

#define MACHINE(...) \
    { .cpus = PES, .args = EVENTS_ARGS, ##__VA_ARGS__ }

typedef struct Journey {
    const char *name;
    GuestConfig from;
    GuestConfig to;
    unsigned routes;
    bool basic_only;
    bool kvm;
} Journey;

static const Journey journeys[] = {
    { "el1", MACHINE(.machine = "gic-version=3"),
      MACHINE(.machine = "gic-version=3"), ROUTE_ALL },
    { "el2", MACHINE(.machine = "gic-version=3,virtualization=on"),
      MACHINE(.machine = "gic-version=3,virtualization=on"), ROUTE_FILE, true },
    { "gicv2", MACHINE(.machine = "gic-version=2", .cpu = "cortex-a57"),
      MACHINE(.machine = "gic-version=2", .cpu = "cortex-a57"), ROUTE_FILE,
      true },
    { "single-to-multi-thread",
      MACHINE(.machine = "gic-version=3", .accel = "tcg,thread=single"),
      MACHINE(.machine = "gic-version=3", .accel = "tcg,thread=multi"),
      ROUTE_SOCKET, true },
    { "multi-to-single-thread",
      MACHINE(.machine = "gic-version=3", .accel = "tcg,thread=multi"),
      MACHINE(.machine = "gic-version=3", .accel = "tcg,thread=single"),
      ROUTE_SOCKET, true },
    { "kvm", MACHINE(.machine = "gic-version=3"),
      MACHINE(.machine = "gic-version=3"), ROUTE_FILE, true, true },
};

typedef struct Case {
    const Journey *journey;
    const State *state;
} Case;

/* Returns: what the guest saw */
static char *go(const Case *c, Route route)
{
    Guest *first = guest_start(&c->journey->from);
    Trip t = { .g = first, .seen = g_string_new(NULL) };

    set_line(&t, FREE_SPI, 0, false);
    for (unsigned i = 0; !guest_is_kvm() && i < PES; i++) {
        set_line(&t, FREE_PPI, i, false);
    }
    c->state->before(&t);
    if (route != ROUTE_NONE) {
        g_autofree char *here = NULL, *there = NULL;

        t.g = guest_move(t.g, route, &c->journey->to);
        here = guest_dump(first);
        there = guest_dump(t.g);
        g_assert_cmpstr(there, ==, here);
    }
    c->state->after(&t);
    see_all(&t);
    if (t.g != first) {
        guest_move_end(t.g);
        guest_continue(first);
    }
    return g_string_free(t.seen, false);
}

static void test_state(const void *data)
{
    const Case *c = data;
    g_autofree char *stayed = go(c, ROUTE_NONE);

    for (Route route = ROUTE_FILE; route < ROUTE_ALL; route <<= 1) {
        g_autofree char *moved = NULL;

        if (!(c->journey->routes & route) || !route_exists(route)) {
            continue;
        }
        moved = go(c, route);
        if (strcmp(moved, stayed)) {
            g_printerr("by %s:\n%swithout migration:\n%s", route_name(route),
                       moved, stayed);
            g_assert_not_reached();
        }
    }
}

/* ---- Whatever a handler has interrupted ---- */

static void test_context(Guest *g, const void *data)
{
    const StageContext *c = data;
    GuestFrame first, second;
    Guest *there;
    uint64_t x[31];
    Stage st;

    event_ready(g, 0, 0, 0);
    guest_pattern(x, 0xc0);
    stage_init(&st, g, stage_context_pstate(g, c, PSTATE_NZCV | PSTATE_DAIF |
                                            PSTATE_PAN | PSTATE_UAO |
                                            PSTATE_DIT | PSTATE_SSBS |
                                            PSTATE_TCO | PSTATE_ALLINT),
               c->hcr);
    memcpy(st.x, x, sizeof(x));
    stage_body(&st, stage_context_self(c));
    stage_start(&st);
    stage_interrupt(&st, 0, &first);

    there = guest_move(g, ROUTE_FILE, NULL);
    st.g = there;
    guest_complete(there, 0, 0);
    event_signal(there, 1, 0);
    guest_wait_handler(there, 0, 0, &second);
    guest_check_eq(there, 0, second.x[2], first.x[2], "interrupted PC");
    guest_check_eq(there, 0, second.x[3], first.x[3], "interrupted PSTATE");
    guest_check_regs(there, 0, second.x, first.x, 4, 30, "interrupted");
    guest_move_end(there);
    guest_continue(g);
}

/* ---- Back and forth while events rain ---- */

#define LEGS                20
#define INSN_ADD_1(rd)      (0x91000400u | (rd) | ((rd) << 5))
#define INSN_SUB(rd, rn, rm) (0xcb000000u | (rd) | ((rn) << 5) | ((rm) << 16))

/*
 * PE @from signals PE @to, whose handler completes by itself; X19 counts the
 * signals.  If @waits then each only after the one before was handled.
 */
static uint64_t storm_start(Guest *g, unsigned from, unsigned to, bool waits)
{
    GuestRun run;

    guest_run_init(g, from, &run);
    guest_run_insn(&run, INSN_MOV(0, 20));
    guest_run_insn(&run, INSN_MOV(1, 31));
    guest_run_insn(&run, INSN_MOV(2, 21));
    guest_run_insn(&run, g->client_el == 2 ? INSN_SMC : INSN_HVC);
    guest_run_insn(&run, INSN_CBNZ(0, waits ? 28 : 16));
    guest_run_insn(&run, INSN_ADD_1(19));
    if (waits) {
        guest_run_insn(&run, INSN_LDR_X(1, 23));
        guest_run_insn(&run, INSN_SUB(1, 1, 19));
        guest_run_insn(&run, INSN_CBNZ(1, -8));
    }
    guest_run_loop(from, &run, 0);
    guest_run_end(&run);
    run.x[20] = SDEI_EVENT_SIGNAL;
    run.x[21] = guest_affinity(g, to);
    run.x[23] = PE_AREA(to) + PE_ENTRY(ID_HANDLER(0)) + ENTRY_COUNT;
    guest_run_start(g, from, &run);
    return run.seq;
}

static uint64_t storm_end(Guest *g, unsigned from, uint64_t seq)
{
    GuestFrame result;

    guest_stop(g, from);
    guest_wait(g, from, seq, &result);
    guest_check_eq(g, from, result.x[0], 0, "result of EVENT_SIGNAL");
    return result.x[19];
}

static void wait_handled_more(Guest *g, unsigned cpu, uint64_t than)
{
    GuestWait wait = { };

    while (guest_count(g, cpu, ID_HANDLER(0)) <= than) {
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "no more than %" PRIu64 " events", than);
        }
    }
}

static void test_storm(void)
{
    static const GuestConfig multi = MACHINE(.machine = "gic-version=3");
    static const GuestConfig single =
        MACHINE(.machine = "gic-version=3", .accel = "tcg,thread=single");
    Guest *home = guest_start(&multi), *g = home;
    uint64_t paced, rain, sent, handled, triggered = 0;

    for (unsigned cpu = 1; cpu < PES; cpu += 2) {
        guest_set_mode(g, cpu, ID_HANDLER(0), MODE_AUTO);
        guest_set_mode(g, cpu, ID_HANDLER(1), MODE_AUTO);
        event_ready(g, cpu, 0, 0);
        user_event_enable(g, cpu, EVENT_PC1, 1, 0);
    }
    paced = storm_start(g, 0, 1, true);
    rain = storm_start(g, 2, 3, false);
    for (unsigned leg = 0; leg < LEGS; leg++) {
        uint64_t before[PES] = {
            [1] = guest_count(g, 1, ID_HANDLER(0)),
            [3] = guest_count(g, 3, ID_HANDLER(0)),
        };
        Guest *next;

        /* Triggered three times while it stands still: one event */
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
        for (unsigned i = 0; i < 3; i++) {
            user_event_trigger(g, EVENT_PC1, 3);
            triggered++;
        }
        next = guest_move(g, leg % 3 ? ROUTE_FILE : ROUTE_SOCKET,
                          leg % 2 ? &multi : &single);
        if (g != home) {
            guest_move_end(g);
        }
        g = next;
        guest_continue(g);
        guest_wait_count(g, 3, ID_HANDLER(1), leg + 1);
        wait_handled_more(g, 1, before[1]);
        wait_handled_more(g, 3, before[3]);
    }

    sent = storm_end(g, 0, paced);
    handled = guest_count(g, 1, ID_HANDLER(0));
    guest_check_eq(g, 1, handled, sent, "events handled of those signalled");
    g_test_message("one by one: %" PRIu64 " signalled and handled", sent);

    sent = storm_end(g, 2, rain);
    guest_nop(g, 3);
    handled = guest_count(g, 3, ID_HANDLER(0));
    g_assert_cmpuint(handled, <=, sent);
    g_test_message("as fast as can be: %" PRIu64 " signalled, %" PRIu64
                   " handled, %" PRIu64 " coalesced", sent, handled,
                   sent - handled);
    g_test_message("while stopped: %" PRIu64 " triggered, %d handled, %"
                   PRIu64 " coalesced", triggered, LEGS, triggered - LEGS);
    /* None is left behind, and the next one comes through */
    event_check_status(g, 0, 0);
    event_signal(g, 0, 3);
    guest_wait_count(g, 3, ID_HANDLER(0), handled + 1);
    guest_move_end(g);
    guest_continue(home);
}

/* ---- Machines that are not the same ---- */

#define ONE_EVENT(args) "-object sdei-event,id=pn1,number=0x40010001" args SMALL

typedef struct Mismatch {
    const char *name;
    GuestConfig from;
    GuestConfig to;
    const char *text;
} Mismatch;

static const Mismatch mismatches[] = {
    { "sdei-off", { .cpus = 2, .args = SMALL },
      { .cpus = 2, .args = SMALL, .no_sdei = true }, "'arm-sdei'" },
    { "version", { .cpus = 2, .args = SMALL },
      { .cpus = 2, .args = SMALL "-global arm-sdei.version=1.0" },
      "property 'version'" },
    { "virtualization", { .cpus = 2, .args = SMALL },
      { .cpus = 2, .args = SMALL, .machine = "virtualization=on" },
      "property 'virtualization'" },
    { "ras-off", { .cpus = 2, .args = SMALL, .machine = "ras=on" },
      { .cpus = 2, .args = SMALL }, "property 'ras' differs: on" },
    { "ras-on", { .cpus = 2, .args = SMALL },
      { .cpus = 2, .args = SMALL, .machine = "ras=on" },
      "property 'ras' differs: off" },
    { "fewer-cpus", { .cpus = 2, .args = SMALL }, { .cpus = 1, .args = SMALL },
      "-smp" },
    { "more-cpus", { .cpus = 2, .args = SMALL }, { .cpus = 3, .args = SMALL },
      "-smp" },
    { "event-missing", { .cpus = 2, .args = ONE_EVENT("") },
      { .cpus = 2, .args = SMALL }, "sdei-event" },
    { "event-added", { .cpus = 2, .args = SMALL },
      { .cpus = 2, .args = ONE_EVENT("") }, "sdei-event" },
    { "event-number", { .cpus = 2, .args = ONE_EVENT("") },
      { .cpus = 2, .args = "-object sdei-event,id=pn1,number=0x40010002"
                           SMALL }, "sdei-event" },
    { "event-priority", { .cpus = 2, .args = ONE_EVENT("") },
      { .cpus = 2, .args = ONE_EVENT(",priority=critical") }, "sdei-event" },
    { "event-scope", { .cpus = 2, .args = ONE_EVENT("") },
      { .cpus = 2, .args = ONE_EVENT(",scope=shared") }, "sdei-event" },
};

static void test_mismatch(const void *data)
{
    const Mismatch *m = data;
    Guest *g = guest_start(&m->from);
    GuestFrame result;
    uint64_t x[31];
    uint64_t seq;

    event_ready(g, 1, 0, 0);
    guest_pattern(x, 0xd1f);
    seq = guest_spin_start(g, 1, x, guest_pstate(g, PSTATE_DAIF));
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    guest_move_fails(g, &m->to, m->text);

    /* The source goes on */
    event_signal(g, 0, 1);
    context_check(g, 1, x);
    guest_complete(g, 1, 0);
    guest_wait_handler(g, 1, 0, NULL);
    guest_complete(g, 1, 0);
    guest_spin_stop(g, 1, seq, &result);
    guest_check_regs(g, 1, result.x, x, 0, 29, "after a refused migration");
    guest_finish();
}

/*
 * From sdei=off there is nothing in the stream that could be refused: the
 * guest goes on, and finds SDEI as after a reset if it ever looks.
 */
static void test_from_off(void)
{
    static const GuestConfig off = { .cpus = 2, .args = SMALL,
                                     .no_sdei = true };
    static const GuestConfig on = { .cpus = 2, .args = SMALL };
    Guest *home = guest_start(&off), *g;

    guest_expect(home, 0, SDEI_NOT_SUPPORTED, SDEI_VERSION);
    g = guest_move(home, ROUTE_FILE, &on);
    guest_expect(g, 0, 0, SDEI_PE_MASK);
    event_ready(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_move_end(g);
    guest_finish();
}

/* @stopped: by way of one that has it, too, and does not run */
typedef struct FromOff {
    const char *name;
    const char *machine;
    bool stopped;
} FromOff;

static const FromOff from_off[] = {
    { "gicv3", "gic-version=3" },
    { "gicv2", "gic-version=2" },
    { "gicv3-stopped", "gic-version=3", true },
    { "gicv2-stopped", "gic-version=2", true },
};

/* The lines of a machine without SDEI are known where it has it */
static void test_from_off_high(const void *data)
{
    const FromOff *c = data;
    GuestConfig off = { .cpus = 2, .args = SMALL, .machine = c->machine,
                        .no_sdei = true };
    GuestConfig on = { .cpus = 2, .args = SMALL, .machine = c->machine };
    Guest *home = guest_start(&off);
    Trip t = { .g = home };
    uint32_t spi, ppi;

    set_line(&t, FREE_PPI, 1, true);
    set_line(&t, FREE_SPI, 0, true);
    if (c->stopped) {
        Guest *between;

        qtest_qmp_assert_success(home->qts, "{ 'execute': 'stop' }");
        between = guest_move(home, ROUTE_FILE, &on);
        t.g = guest_move(between, ROUTE_FILE, &on);
        guest_move_end(between);
        guest_continue(t.g);
    } else {
        t.g = guest_move(home, ROUTE_FILE, &on);
    }

    ppi = trip_bind(&t, 1, FREE_PPI, 0);
    guest_call_start(t.g, 1, SDEI_PE_UNMASK);
    guest_wait_handler(t.g, 1, 0, NULL);
    set_line(&t, FREE_PPI, 1, false);
    guest_complete(t.g, 1, 0);
    guest_nop(t.g, 1);
    spi = trip_bind(&t, 0, FREE_SPI, 1);
    guest_call_start(t.g, 0, SDEI_PE_UNMASK);
    guest_wait_handler(t.g, 0, 1, NULL);
    guest_complete(t.g, 0, 0);
    guest_wait_handler(t.g, 0, 1, NULL);
    set_line(&t, FREE_SPI, 0, false);
    guest_complete(t.g, 0, 0);
    guest_nop(t.g, 0);

    /* Nor is one high that is not, on another PE or after all this */
    guest_expect(t.g, 0, 0, SDEI_EVENT_REGISTER, ppi, GUEST_HANDLER(2));
    guest_expect(t.g, 0, 0, SDEI_EVENT_ENABLE, ppi);
    guest_expect(t.g, 0, 0, SDEI_EVENT_UNREGISTER, spi);
    guest_expect(t.g, 0, 0, SDEI_EVENT_REGISTER, spi, GUEST_HANDLER(2));
    guest_expect(t.g, 0, 0, SDEI_EVENT_ENABLE, spi);
    guest_nop(t.g, 0);
    guest_check_eq(t.g, 0, guest_count(t.g, 0, ID_HANDLER(2)), 0,
                   "entries of handler 2");
    guest_move_end(t.g);
    if (c->stopped) {
        guest_continue(home);
    }
    guest_finish();
}

/* An event without interrupt, be it registered, does not have SGI 0 */
static void test_sgi(void)
{
    GuestConfig config = { .cpus = 2, .args = SMALL,
                           .machine = "gic-version=3" };
    Trip t = { .g = guest_start(&config) };

    trip_bind(&t, 0, FREE_SPI, 1);
    event_ready(t.g, 1, 0, 0);
    t.g = guest_move(t.g, ROUTE_FILE, NULL);
    gic_write_bit(t.g, 1, GIC_ISACTIVER, 0);
    guest_check_eq(t.g, 1, gic_bit(t.g, 1, GIC_ISACTIVER, 0), 1,
                   "active bit of SGI 0");
    guest_move_end(t.g);
    guest_finish();
}

/*
 * Between two migrations, while the guest stands still, a level that is pending
 * falls.  What it triggered is taken back, and is not in the second stream.
 */
static void test_falls_while_stopped(void)
{
    Guest *first = guest_start(&journeys[0].from), *second;
    Trip t = { .g = first, .seen = g_string_new(NULL) };

    set_line(&t, FREE_SPI, 0, false);
    level_before(&t);
    qtest_qmp_assert_success(first->qts, "{ 'execute': 'stop' }");
    second = guest_move(first, ROUTE_FILE, NULL);
    t.g = second;
    set_line(&t, FREE_SPI, 0, false);
    t.g = guest_move(second, ROUTE_FILE, NULL);
    guest_move_end(second);
    guest_continue(t.g);
    trip_unmask(&t, 1);
    guest_nop(t.g, 1);
    guest_check_eq(t.g, 1, guest_count(t.g, 1, ID_HANDLER(0)), 0,
                   "entries of handler 0");
    set_line(&t, FREE_SPI, 0, true);
    see_handler(&t, 1, 0);
    set_line(&t, FREE_SPI, 0, false);
    guest_complete(t.g, 1, 0);
    guest_nop(t.g, 1);
    guest_move_end(t.g);
    guest_continue(first);
    g_string_free(t.seen, true);
}

void add_migration_tests(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(journeys); i++) {
        for (unsigned j = 0; j < ARRAY_SIZE(states); j++) {
            g_autofree char *path = NULL;
            Case *c;

            if ((journeys[i].basic_only && !states[j].basic) ||
                journeys[i].kvm != guest_is_kvm() ||
                (guest_is_kvm() && states[j].before == ppi_before)) {
                continue;
            }
            c = g_new(Case, 1);
            *c = (Case) { .journey = &journeys[i], .state = &states[j] };
            path = g_strdup_printf("/arm-sdei/migration/%s/%s",
                                   journeys[i].name, states[j].name);
            qtest_add_data_func_full(path, c, test_state, g_free);
        }
    }
    for (unsigned i = 0; i < stage_num_contexts; i++) {
        const StageContext *c = &stage_contexts[i];

        StageMachines movable = c->machines & STAGE_MAX & ~STAGE_EL2_KVM;

        if (movable) {
            stage_add(movable, test_context, c,
                      "migration/context/%s", c->name);
        }
    }
    qtest_add_func("/arm-sdei/migration/storm", test_storm);
    for (unsigned i = 0; i < ARRAY_SIZE(mismatches); i++) {
        g_autofree char *path =
            g_strdup_printf("/arm-sdei/migration/refused/%s",
                            mismatches[i].name);

        qtest_add_data_func(path, &mismatches[i], test_mismatch);
    }
    qtest_add_func("/arm-sdei/migration/from-off", test_from_off);
    if (!guest_is_kvm()) {
        for (unsigned i = 0; i < ARRAY_SIZE(from_off); i++) {
            g_autofree char *path = g_strdup_printf(
                "/arm-sdei/migration/from-off-high/%s", from_off[i].name);

            qtest_add_data_func(path, &from_off[i], test_from_off_high);
        }
        qtest_add_func("/arm-sdei/migration/sgi", test_sgi);
        qtest_add_func("/arm-sdei/migration/falls-while-stopped",
                       test_falls_while_stopped);
    }
}
