/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: scripts that are moved at every step
 *
 * A script is done in one go first.  Then for each of its steps it is done
 * again with a move after that step: by a snapshot, which is loaded at once
 * and once more after the rest was done, on top of whatever that left; or by a
 * migration.  At last there is a snapshot after every step, too.  What the
 * guest sees has to be the same each time.
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qobject/qdict.h"
#include "bound.h"
#include "move.h"
#include "snapshot.h"
#include "user-event.h"

#define PES             4
#define EVENT_AGDI      0x40000001
#define PPI_SLOT(n)     (BOUND_PPI_FIRST + (n))
#define SPI_SLOT(n)     (BOUND_SPI_FIRST + (n))
#define PPI_C           21

static const GuestConfig gicv3 = {
    .cpus = PES,
    .machine = "gic-version=3",
    .args = USER_EVENTS_ARGS " -m 64 -nic none ",
};

static const GuestConfig gicv2 = {
    .cpus = PES,
    .machine = "gic-version=2",
    .cpu = "cortex-a57",
    .args = USER_EVENTS_ARGS " -m 64 -nic none ",
};

/**
 * Play: a script that is being done
 * @g: where the guest is
 * @seen: a line for each thing that it saw
 */
typedef struct Play {
    Guest *g;
    GString *seen;
} Play;

static void G_GNUC_PRINTF(2, 3) see(Play *p, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(p->seen, fmt, ap);
    va_end(ap);
    g_string_append_c(p->seen, '\n');
}

/* ---- Steps ---- */

typedef struct Step {
    void (*fn)(Play *p, const struct Step *s);
    unsigned cpu;
    uint64_t x[6];
} Step;

static void do_call(Play *p, const Step *s)
{
    const uint64_t args[17] = { s->x[1], s->x[2], s->x[3], s->x[4], s->x[5] };

    see(p, "PE %u: %s(0x%" PRIx64 ") = %" PRId64, s->cpu,
        sdei_fn_name(s->x[0]), s->x[1],
        guest_call_array(p->g, s->cpu, s->x[0], args));
}

/* A call that a handler interrupts */
static void do_start(Play *p, const Step *s)
{
    guest_call_start(p->g, s->cpu, s->x[0], s->x[1]);
}

static void do_register(Play *p, const Step *s)
{
    see(p, "PE %u: EVENT_REGISTER(0x%" PRIx64 ") = %" PRId64, s->cpu, s->x[0],
        guest_call(p->g, s->cpu, SDEI_EVENT_REGISTER, s->x[0],
                   GUEST_HANDLER(s->x[1]), s->x[0] + s->cpu, s->x[2],
                   guest_affinity(p->g, s->x[3])));
}

static void do_route(Play *p, const Step *s)
{
    see(p, "PE %u: EVENT_ROUTING_SET(0x%" PRIx64 ") = %" PRId64, s->cpu,
        s->x[0], guest_call(p->g, s->cpu, SDEI_EVENT_ROUTING_SET, s->x[0],
                            SDEI_REGISTER_RM_PE,
                            guest_affinity(p->g, s->x[1])));
}

static void do_handler(Play *p, const Step *s)
{
    GuestFrame frame;

    guest_wait_handler(p->g, s->cpu, s->x[0], &frame);
    see(p, "PE %u: handler %" PRIu64 ", event 0x%" PRIx64 ", argument 0x%"
        PRIx64, s->cpu, s->x[0], frame.x[0], frame.x[1]);
}

static void do_complete(Play *p, const Step *s)
{
    guest_complete(p->g, s->cpu, 0);
}

static void do_line(Play *p, const Step *s)
{
    line_set(p->g, s->x[0], s->cpu, s->x[1]);
}

static void do_edge(Play *p, const Step *s)
{
    gic_set_edge(p->g, s->cpu, s->x[0], true);
}

static void do_sysreg(Play *p, const Step *s)
{
    guest_write_sysreg(p->g, s->cpu, s->x[0], s->x[1]);
}

static void do_write(Play *p, const Step *s)
{
    guest_write32(p->g, s->cpu, s->x[0], s->x[1]);
}

static void do_trigger(Play *p, const Step *s)
{
    user_event_trigger(p->g, s->x[0], s->cpu);
}

static void do_nmi(Play *p, const Step *s)
{
    qtest_qmp_assert_success(p->g->qts, "{ 'execute': 'inject-nmi' }");
}

static void do_stop(Play *p, const Step *s)
{
    qtest_qmp_assert_success(p->g->qts, "{ 'execute': 'stop' }");
}

static void do_cont(Play *p, const Step *s)
{
    guest_continue(p->g);
}

static void do_off(Play *p, const Step *s)
{
    guest_cpu_off(p->g, 0, s->cpu);
}

static void do_on(Play *p, const Step *s)
{
    guest_cpu_on(p->g, 0, s->cpu);
}

/* What the client's GIC shows of an interrupt, and of its event each PE */
static void do_look(Play *p, const Step *s)
{
    uint32_t intid = s->x[0];

    see(p, "INTID %u of PE %u is%s pending and%s active", intid, s->cpu,
        gic_bit(p->g, s->cpu, GIC_ISPENDR, intid) ? "" : " not",
        gic_bit(p->g, s->cpu, GIC_ISACTIVER, intid) ? "" : " not");
}

/*
 * Nothing is on its way to the PE, and this often it was in the handler.  It
 * has left the last one; another PE's step may depend on that.
 */
static void do_count(Play *p, const Step *s)
{
    guest_nop(p->g, s->cpu);
    see(p, "PE %u: %" PRIu64 " times in handler %" PRIu64, s->cpu,
        guest_count(p->g, s->cpu, ID_HANDLER(s->x[0])), s->x[0]);
}

#define CALL(cpu, ...)          { do_call, cpu, { __VA_ARGS__ } }
#define START(cpu, ...)         { do_start, cpu, { __VA_ARGS__ } }
#define BIND(cpu, intid)        CALL(cpu, SDEI_INTERRUPT_BIND, intid)
#define RELEASE(cpu, num)       CALL(cpu, SDEI_INTERRUPT_RELEASE, num)
#define ENABLE(cpu, num)        CALL(cpu, SDEI_EVENT_ENABLE, num)
#define DISABLE(cpu, num)       CALL(cpu, SDEI_EVENT_DISABLE, num)
#define UNREGISTER(cpu, num)    CALL(cpu, SDEI_EVENT_UNREGISTER, num)
#define STATUS(cpu, num)        CALL(cpu, SDEI_EVENT_STATUS, num)
#define UNMASK(cpu)             CALL(cpu, SDEI_PE_UNMASK)
#define REGISTER(cpu, num, handler) { do_register, cpu, { num, handler } }
#define REGISTER_TO(cpu, num, handler, to) \
    { do_register, cpu, { num, handler, SDEI_REGISTER_RM_PE, to } }
#define ROUTE(cpu, num, to)     { do_route, cpu, { num, to } }
#define HANDLER(cpu, n)         { do_handler, cpu, { n } }
#define COMPLETE(cpu)           { do_complete, cpu }
#define HIGH(intid, cpu)        { do_line, cpu, { intid, true } }
#define LOW(intid, cpu)         { do_line, cpu, { intid, false } }
#define EDGE(intid, cpu)        { do_edge, cpu, { intid } }
#define LOOK(intid, cpu)        { do_look, cpu, { intid } }
#define COUNT(cpu, n)           { do_count, cpu, { n } }
#define SYSREG_SET(cpu, reg, value) { do_sysreg, cpu, { reg, value } }
#define WRITE(cpu, addr, value) { do_write, cpu, { addr, value } }
#define TRIGGER(num, cpu)       { do_trigger, cpu, { num } }
#define NMI                     { do_nmi }
#define STOP                    { do_stop }
#define CONT                    { do_cont }
#define OFF(cpu)                { do_off, cpu }
#define ON(cpu)                 { do_on, cpu }
#define END                     { NULL }

/* ---- Scripts ---- */

/* The number of one timer's event becomes that of the other's */
static const Step rebind_ppi[] = {
    BIND(0, INTID_VIRTUAL_TIMER),
    BIND(1, INTID_VIRTUAL_TIMER),
    RELEASE(0, PPI_SLOT(0)),
    STATUS(1, PPI_SLOT(0)),
    BIND(0, INTID_PHYSICAL_TIMER),
    REGISTER(1, PPI_SLOT(0), 0),
    ENABLE(1, PPI_SLOT(0)),
    SYSREG_SET(1, SYSREG_CNTV_CVAL, 0),
    SYSREG_SET(1, SYSREG_CNTV_CTL, TIMER_ENABLE),
    LOOK(INTID_VIRTUAL_TIMER, 1),
    SYSREG_SET(1, SYSREG_CNTP_CVAL, 0),
    SYSREG_SET(1, SYSREG_CNTP_CTL, TIMER_ENABLE),
    LOOK(INTID_PHYSICAL_TIMER, 1),
    START(1, SDEI_PE_UNMASK),
    HANDLER(1, 0),
    SYSREG_SET(1, SYSREG_CNTP_CTL, 0),
    COMPLETE(1),
    COUNT(1, 0),
    UNREGISTER(1, PPI_SLOT(0)),
    SYSREG_SET(1, SYSREG_CNTP_CTL, TIMER_ENABLE),
    LOOK(INTID_PHYSICAL_TIMER, 1),
    SYSREG_SET(1, SYSREG_CNTP_CTL, 0),
    RELEASE(2, PPI_SLOT(0)),
    BIND(2, INTID_VIRTUAL_TIMER),
    REGISTER(1, PPI_SLOT(0), 1),
    START(1, SDEI_EVENT_ENABLE, PPI_SLOT(0)),
    HANDLER(1, 1),
    SYSREG_SET(1, SYSREG_CNTV_CTL, 0),
    COMPLETE(1),
    COUNT(1, 1),
    END
};

/* The same with devices: the serial port's first, then the clock's */
static const Step rebind_spi[] = {
    BIND(0, INTID_UART),
    WRITE(0, UART_CR, UART_CR_ENABLE),
    WRITE(0, UART_IMSC, UART_TX),
    RELEASE(0, SPI_SLOT(0)),
    BIND(0, INTID_RTC),
    REGISTER(0, SPI_SLOT(0), 0),
    ENABLE(0, SPI_SLOT(0)),
    WRITE(0, UART_DR, 'x'),
    LOOK(INTID_UART, 0),
    HIGH(INTID_RTC, 0),
    LOOK(INTID_RTC, 0),
    START(2, SDEI_PE_UNMASK),
    HANDLER(2, 0),
    WRITE(0, UART_ICR, UART_TX),
    LOOK(INTID_UART, 0),
    LOW(INTID_RTC, 0),
    COMPLETE(2),
    COUNT(2, 0),
    HIGH(INTID_RTC, 0),
    HANDLER(2, 0),
    LOW(INTID_RTC, 0),
    COMPLETE(2),
    COUNT(2, 0),
    UNREGISTER(0, SPI_SLOT(0)),
    WRITE(0, UART_DR, 'y'),
    HIGH(INTID_RTC, 0),
    LOOK(INTID_RTC, 0),
    LOW(INTID_RTC, 0),
    RELEASE(0, SPI_SLOT(0)),
    BIND(3, INTID_UART),
    REGISTER(0, SPI_SLOT(0), 1),
    ENABLE(0, SPI_SLOT(0)),
    HANDLER(2, 1),
    WRITE(0, UART_ICR, UART_TX),
    COMPLETE(2),
    COUNT(2, 1),
    END
};

/* Two PPIs on two PEs; one is unregistered while its handler runs */
static const Step two_ppis[] = {
    BIND(0, PPI_A),
    BIND(0, PPI_B),
    HIGH(PPI_A, 1),
    REGISTER(1, PPI_SLOT(0), 0),
    REGISTER(2, PPI_SLOT(1), 1),
    ENABLE(1, PPI_SLOT(0)),
    ENABLE(2, PPI_SLOT(1)),
    HIGH(PPI_B, 2),
    START(1, SDEI_PE_UNMASK),
    HANDLER(1, 0),
    START(2, SDEI_PE_UNMASK),
    HANDLER(2, 1),
    UNREGISTER(1, PPI_SLOT(0)),
    RELEASE(0, PPI_SLOT(0)),
    LOW(PPI_B, 2),
    COMPLETE(1),
    COUNT(1, 0),
    LOOK(PPI_A, 1),
    COMPLETE(2),
    COUNT(2, 1),
    RELEASE(0, PPI_SLOT(0)),
    BIND(0, PPI_C),
    REGISTER(2, PPI_SLOT(0), 2),
    ENABLE(2, PPI_SLOT(0)),
    HIGH(PPI_C, 2),
    HANDLER(2, 2),
    LOW(PPI_C, 2),
    COMPLETE(2),
    COUNT(2, 2),
    LOW(PPI_A, 1),
    LOOK(PPI_A, 1),
    END
};

static const Step edges[] = {
    EDGE(SPI_A, 0),
    BIND(0, SPI_A),
    REGISTER_TO(0, SPI_SLOT(0), 0, 3),
    HIGH(SPI_A, 0),
    LOW(SPI_A, 0),
    ENABLE(0, SPI_SLOT(0)),
    ROUTE(0, SPI_SLOT(0), 2),
    DISABLE(0, SPI_SLOT(0)),
    ROUTE(0, SPI_SLOT(0), 2),
    UNMASK(3),
    ENABLE(0, SPI_SLOT(0)),
    START(2, SDEI_PE_UNMASK),
    HANDLER(2, 0),
    HIGH(SPI_A, 0),
    COMPLETE(2),
    HANDLER(2, 0),
    COMPLETE(2),
    COUNT(2, 0),
    COUNT(3, 0),
    UNREGISTER(0, SPI_SLOT(0)),
    LOOK(SPI_A, 0),
    LOW(SPI_A, 0),
    RELEASE(0, SPI_SLOT(0)),
    BIND(0, SPI_B),
    REGISTER(0, SPI_SLOT(0), 1),
    HIGH(SPI_A, 0),
    LOOK(SPI_A, 0),
    HIGH(SPI_B, 0),
    LOW(SPI_B, 0),
    ENABLE(0, SPI_SLOT(0)),
    COUNT(2, 1),
    LOW(SPI_A, 0),
    END
};

/* A PE goes off in the handler of a PPI, whose number is another's then */
static const Step power[] = {
    BIND(0, PPI_A),
    REGISTER(3, PPI_SLOT(0), 0),
    ENABLE(3, PPI_SLOT(0)),
    UNMASK(3),
    HIGH(PPI_A, 3),
    HANDLER(3, 0),
    OFF(3),
    STATUS(0, PPI_SLOT(0)),
    RELEASE(0, PPI_SLOT(0)),
    BIND(0, PPI_B),
    HIGH(PPI_B, 3),
    ON(3),
    STATUS(3, PPI_SLOT(0)),
    REGISTER(3, PPI_SLOT(0), 1),
    ENABLE(3, PPI_SLOT(0)),
    START(3, SDEI_PE_UNMASK),
    HANDLER(3, 1),
    LOW(PPI_B, 3),
    COMPLETE(3),
    COUNT(3, 1),
    LOOK(PPI_A, 3),
    LOW(PPI_A, 3),
    LOOK(PPI_A, 3),
    END
};

/* The calls that reset, and what is bound after them */
static const Step resets[] = {
    BIND(0, PPI_A),
    BIND(0, SPI_A),
    REGISTER(0, PPI_SLOT(0), 0),
    REGISTER(1, PPI_SLOT(0), 0),
    REGISTER(0, SPI_SLOT(0), 1),
    HIGH(PPI_A, 0),
    HIGH(SPI_A, 0),
    LOOK(SPI_A, 0),
    CALL(0, SDEI_PRIVATE_RESET),
    LOOK(PPI_A, 0),
    CALL(0, SDEI_SHARED_RESET),
    LOOK(SPI_A, 0),
    STATUS(1, PPI_SLOT(0)),
    CALL(1, SDEI_PRIVATE_RESET),
    CALL(0, SDEI_SHARED_RESET),
    BIND(0, SPI_B),
    BIND(0, PPI_B),
    REGISTER(0, SPI_SLOT(0), 2),
    REGISTER(1, PPI_SLOT(0), 3),
    ENABLE(0, SPI_SLOT(0)),
    ENABLE(1, PPI_SLOT(0)),
    UNMASK(1),
    HIGH(SPI_B, 0),
    HANDLER(1, 2),
    HIGH(PPI_B, 1),
    LOW(SPI_B, 0),
    COMPLETE(1),
    HANDLER(1, 3),
    LOW(PPI_B, 1),
    COMPLETE(1),
    COUNT(1, 2),
    LOW(PPI_A, 0),
    LOW(SPI_A, 0),
    END
};

/* Things that happen while the machine stands still */
static const Step stopped[] = {
    REGISTER_TO(0, EVENT_AGDI, 2, 1),
    ENABLE(0, EVENT_AGDI),
    BIND(0, SPI_A),
    REGISTER_TO(0, SPI_SLOT(0), 0, 3),
    ENABLE(0, SPI_SLOT(0)),
    REGISTER(1, EVENT_PN1, 1),
    ENABLE(1, EVENT_PN1),
    UNMASK(1),
    HIGH(SPI_A, 0),
    STOP,
    TRIGGER(EVENT_PN1, 1),
    LOW(SPI_A, 0),
    CONT,
    HANDLER(1, 1),
    UNMASK(3),
    COUNT(3, 0),
    STOP,
    NMI,
    HIGH(SPI_A, 0),
    LOW(SPI_A, 0),
    HIGH(SPI_A, 0),
    CONT,
    HANDLER(3, 0),
    HANDLER(1, 2),
    STOP,
    LOW(SPI_A, 0),
    CONT,
    COMPLETE(3),
    COUNT(3, 0),
    COMPLETE(1),
    COUNT(1, 2),
    COMPLETE(1),
    COUNT(1, 1),
    END
};

/* ---- Doing them ---- */

typedef enum Means {
    BY_SNAPSHOT,
    BY_MIGRATION,
} Means;

typedef struct Case {
    const char *name;
    const Step *steps;
    const GuestConfig *config;
    Means means;
} Case;

static unsigned num_steps(const Case *c)
{
    unsigned n = 0;

    while (c->steps[n].fn) {
        n++;
    }
    return n;
}

static void play(Play *p, const Case *c, unsigned first, unsigned last)
{
    for (unsigned i = first; i < last; i++) {
        c->steps[i].fn(p, &c->steps[i]);
    }
}

static void lower_all(Guest *g)
{
    bound_init(g);
    line_set(g, INTID_RTC, 0, false);
    for (unsigned cpu = 0; cpu < PES; cpu++) {
        line_set(g, PPI_C, cpu, false);
    }
}

static void play_init(Play *p, const Case *c)
{
    *p = (Play) {
        .g = guest_start(c->config),
        .seen = g_string_new(NULL),
    };
    lower_all(p->g);
}

/* All that belongs to a play, to go back to it */
static void by_snapshot(Play *p, const Case *c, unsigned at, unsigned last,
                        const char *expected)
{
    g_autofree Guest *guest = g_memdup2(p->g, sizeof(*p->g));
    gsize len = p->seen->len;

    snapshot_save(p->g->qts, "step");
    for (unsigned i = 0; i < 2; i++) {
        snapshot_load(p->g->qts, "step");
        *p->g = *guest;
        g_string_truncate(p->seen, len);
        play(p, c, at, last);
        if (expected && strcmp(p->seen->str, expected)) {
            g_printerr("%s loaded after step %u:\n%swithout it:\n%s",
                       i ? "again" : "at once", at, p->seen->str, expected);
            g_assert_not_reached();
        }
    }
    snapshot_delete(p->g->qts, "step");
}

/* The guest that is left is told to go on, to be reset */
static void by_migration(Play *p, const Case *c, unsigned at, unsigned last,
                         const char *expected)
{
    Guest *first = p->g;

    p->g = guest_move(first, ROUTE_FILE, NULL);
    play(p, c, at, last);
    if (strcmp(p->seen->str, expected)) {
        g_printerr("migrated after step %u:\n%swithout it:\n%s", at,
                   p->seen->str, expected);
        g_assert_not_reached();
    }
    guest_move_end(p->g);
    guest_continue(first);
}

static void play_moved(const Case *c, unsigned at, const char *expected)
{
    unsigned n = num_steps(c);
    Play p;

    play_init(&p, c);
    play(&p, c, 0, at);
    if (c->means == BY_SNAPSHOT) {
        by_snapshot(&p, c, at, n, expected);
    } else {
        by_migration(&p, c, at, n, expected);
    }
    g_string_free(p.seen, true);
}

static void play_moved_always(const Case *c, const char *expected)
{
    unsigned n = num_steps(c);
    Play p;

    play_init(&p, c);
    for (unsigned i = 0; i < n; i++) {
        play(&p, c, i, i + 1);
        by_snapshot(&p, c, i + 1, i + 1, NULL);
    }
    if (strcmp(p.seen->str, expected)) {
        g_printerr("moved after every step:\n%swithout it:\n%s", p.seen->str,
                   expected);
        g_assert_not_reached();
    }
    g_string_free(p.seen, true);
}

static void test_script(const void *data)
{
    const Case *c = data;
    unsigned n = num_steps(c);
    Play stays;

    play_init(&stays, c);
    if (c->means == BY_SNAPSHOT) {
        g_autofree char *path = g_strdup_printf("%s/arm-sdei-%d.qcow2",
                                                g_get_tmp_dir(), getpid());

        snapshot_attach(stays.g->qts, path);
        g_unlink(path);
    }
    play(&stays, c, 0, n);
    if (g_test_verbose()) {
        g_printerr("%s", stays.seen->str);
    }
    for (unsigned at = 0; at <= n; at++) {
        play_moved(c, at, stays.seen->str);
    }
    if (c->means == BY_SNAPSHOT) {
        play_moved_always(c, stays.seen->str);
    }
    g_string_free(stays.seen, true);
    /* Nobody else wants the disk */
    guest_finish();
}

static const Case cases[] = {
    { "rebind-ppi", rebind_ppi, &gicv3, BY_SNAPSHOT },
    { "rebind-spi", rebind_spi, &gicv3, BY_SNAPSHOT },
    { "two-ppis", two_ppis, &gicv3, BY_SNAPSHOT },
    { "edges", edges, &gicv3, BY_SNAPSHOT },
    { "power", power, &gicv3, BY_SNAPSHOT },
    { "resets", resets, &gicv3, BY_SNAPSHOT },
    { "stopped", stopped, &gicv3, BY_SNAPSHOT },
    { "gicv2-two-ppis", two_ppis, &gicv2, BY_SNAPSHOT },
    { "rebind-ppi", rebind_ppi, &gicv3, BY_MIGRATION },
    { "rebind-spi", rebind_spi, &gicv3, BY_MIGRATION },
    { "stopped", stopped, &gicv3, BY_MIGRATION },
};

void add_every_step_tests(void)
{
    /* Minutes on a machine of two cores */
    if (!g_test_slow()) {
        return;
    }
    /* A GIC in the host kernel has no PPIs for QEMU */
    if (guest_is_kvm()) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/arm-sdei/every-step/%s/%s",
                            cases[i].means == BY_MIGRATION ? "migration"
                                                           : "snapshot",
                            cases[i].name);

        qtest_add_data_func(path, &cases[i], test_script);
    }
}
