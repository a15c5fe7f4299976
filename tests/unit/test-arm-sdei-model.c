/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: the state machine of events in lockstep with a model
 *
 * Random sequences of calls, triggers, line changes, deliveries and power
 * changes go to target/arm/sdei-event.c and to an independent model of the
 * specification.  After every step all that can be seen is compared: the
 * result, the status of every event on every PE, what is pending, masked and
 * running, who owns which line, and which PE takes which event next.  A
 * sequence that fails is shrunk and printed.
 *
 * SDEI_MODEL_SEED   seed of the first sequence; sequence n has seed + n
 * SDEI_MODEL_STEPS  how many steps (1 million, or 10 with -m slow)
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/cutils.h"
#include "../../target/arm/sdei-event.h"
#include "../qtest/arm-sdei/model.h"
#include "../qtest/arm-sdei/random.h"

#define DEFAULT_STEPS   1000000
#define SLOW_STEPS      10000000
#define MAX_STEPS       1000     /* per sequence */
#define MAX_STEPS_WIDE  200      /* per sequence on many PEs */
/* Of a failure: binding the last slot takes a call for each one before it */
#define MAX_SHRUNK      24
#define MAX_EVENTS      10
#define MAX_PES         512

/* Steps that are not calls; the others are function numbers */
enum {
    STEP_TRIGGER = SDEI_MODEL_FN_COUNT,
    STEP_LINE,
    STEP_CONFIG,
    STEP_DELIVER,
    STEP_PE_OFF,
    STEP_RESET,
    STEP_RELOAD,
    STEP_COUNT,
};

typedef struct Step {
    uint8_t what;
    uint32_t pe;
    uint64_t x[5];
} Step;

/*
 * How a sequence looks for events to deliver:
 * EAGER: like the device, after each step at once, asking only those PEs that
 *        the header says can be concerned; nothing may be left after that
 * LAZY:  only in steps of their own, as if the PEs were slow; all of them are
 *        asked after each step what they would take
 */
typedef enum Style {
    EAGER,
    LAZY,
    STYLES,
} Style;

/* The interrupts of these sequences: more than there are slots */
static const uint32_t intids[] = { 27, 30, 22, 33, 34, 287 };
#define NUM_LINES   ARRAY_SIZE(intids)
#define NUM_INTIDS  288

typedef struct Config {
    uint64_t seed;
    uint32_t num_pes;
    uint32_t num_events;
    SDEIModelEvent event[MAX_EVENTS];
    uint64_t mpidr[MAX_PES];
    uint64_t register_flags;
    Style style;
    SDEIModelFault fault;
} Config;

typedef struct Pair {
    const Config *c;
    SDEIModel model;
    SDEIEvents real;
    uint32_t target[MAX_EVENTS];
    /* What the device remembers of lines */
    bool owned[NUM_LINES][MAX_PES];
    bool level[NUM_LINES][MAX_PES];
    int64_t result;
} Pair;

/* What the random walk has met, to know that it goes everywhere */
typedef struct Coverage {
    uint64_t cell[2][8][STEP_COUNT];
    uint64_t delivered[2][2];
    uint64_t nested;
    uint64_t any_not_first;
    uint64_t any_waits;
    uint64_t any_moves;
    uint64_t routed_waits;
    uint64_t taken[2][2];
    uint64_t given_back[2];
    uint64_t rising[2];
    uint64_t dropped;
    uint64_t no_slot;
    uint64_t bound_again;
    uint64_t sequences;
    uint64_t steps;
} Coverage;

static Coverage coverage;

static bool one_in(uint64_t *state, uint32_t n)
{
    return below(state, n) == 0;
}

/* ---- Making sequences ---- */

static void make_config(Config *c, uint64_t seed)
{
    static const uint32_t wide[] = { 5, 31, 32, 33, 63, 64, 65, MAX_PES };
    uint64_t r = seed;
    uint32_t num = 0;

    *c = (Config) {
        .seed = seed,
        .num_pes = 1 + below(&r, 4),
        .num_events = 2 + below(&r, MAX_EVENTS - 1),
        .register_flags = one_in(&r, 8) ? SDEI_REGISTER_RM_PE :
                          SDEI_REGISTER_RM_PE | SDEI_REGISTER_RELATIVE,
        .style = below(&r, STYLES),
    };
    if (one_in(&r, 64)) {
        c->num_pes = wide[below(&r, ARRAY_SIZE(wide))];
    }

    /* Event 0 is what it always is, the others are of all kinds */
    c->event[0] = (SDEIModelEvent) { .num = 0, .signalable = true };
    for (uint32_t ev = 1; ev < c->num_events; ev++) {
        num = ev == 1 ? 0x40000000 : num + 1 + below(&r, 3);
        c->event[ev] = (SDEIModelEvent) {
            .num = num,
            .shared = below(&r, 8) < 5,
            .slot = below(&r, 8) < 3,
        };
        /* Bound events are of normal priority, and nobody signals them */
        if (!c->event[ev].slot) {
            c->event[ev].critical = one_in(&r, 2);
            c->event[ev].signalable = one_in(&r, 2);
        }
    }

    for (uint32_t pe = 0; pe < c->num_pes; pe++) {
        c->mpidr[pe] = pe % 16 | (pe / 16 % 4) << 8 | (pe / 64) << 16;
        if (seed % 2) {
            c->mpidr[pe] |= (uint64_t)(pe % 3) << 32;
        }
    }
}

/* The same few PEs most of the time, or things would never meet */
static uint32_t random_pe(const Config *c, uint64_t *r)
{
    if (c->num_pes <= 4 || one_in(r, 8)) {
        return below(r, c->num_pes);
    }
    return one_in(r, 2) ? c->num_pes - 1 - below(r, 2) : below(r, 2);
}

static uint64_t random_event(const Config *c, uint64_t *r)
{
    uint64_t num = c->event[below(r, c->num_events)].num;

    switch (below(r, 64)) {
    case 0:
        return rnd(r);
    case 1:
        return num + 1;
    case 2:
        return num ^ 0x80000000;
    case 3:
        /* The event is in the low 32 bits, the others mean nothing */
        return num | rnd(r) << 32;
    default:
        return num;
    }
}

static uint64_t random_affinity(const Config *c, uint64_t *r)
{
    uint64_t mpidr = c->mpidr[random_pe(c, r)];

    switch (below(r, 32)) {
    case 0:
        return rnd(r);
    case 1:
        return mpidr ^ BIT_ULL(below(r, 64));
    case 2:
        return mpidr | 0x80000000;      /* what MPIDR_EL1 reads as */
    default:
        return mpidr;
    }
}

static uint64_t random_entry(uint64_t *r)
{
    switch (below(r, 16)) {
    case 0:
        return 0;
    case 1:
        return rnd(r);
    default:
        return rnd(r) & ~3ull;
    }
}

static uint64_t random_flags(uint64_t *r)
{
    uint64_t flags = below(r, 4);

    return one_in(r, 16) ? flags ^ BIT_ULL(below(r, 64)) : flags;
}

/* A small number as an argument of 32 bits: sometimes with bits above those */
static uint64_t random_u32(uint64_t *r, uint32_t n)
{
    uint64_t value = one_in(r, 32) ? (uint32_t)rnd(r) : below(r, n);

    return one_in(r, 16) ? value | rnd(r) << 32 : value;
}

static uint8_t random_what(uint64_t *r)
{
    /* What, and how often in 1024 steps */
    static const struct {
        uint8_t what;
        uint16_t weight;
    } weights[] = {
        { SDEI_MODEL_EVENT_REGISTER, 140 },
        { SDEI_MODEL_EVENT_ENABLE, 110 },
        { SDEI_MODEL_EVENT_DISABLE, 50 },
        { SDEI_MODEL_EVENT_CONTEXT, 10 },
        { SDEI_MODEL_EVENT_COMPLETE, 110 },
        { SDEI_MODEL_INTERRUPT_BIND, 50 },
        { SDEI_MODEL_INTERRUPT_RELEASE, 12 },
        { SDEI_MODEL_EVENT_COMPLETE_AND_RESUME, 20 },
        { SDEI_MODEL_EVENT_UNREGISTER, 40 },
        { SDEI_MODEL_EVENT_STATUS, 10 },
        { SDEI_MODEL_EVENT_GET_INFO, 25 },
        { SDEI_MODEL_EVENT_ROUTING_SET, 35 },
        { SDEI_MODEL_PE_MASK, 25 },
        { SDEI_MODEL_PE_UNMASK, 60 },
        { SDEI_MODEL_EVENT_SIGNAL, 45 },
        { SDEI_MODEL_PRIVATE_RESET, 5 },
        { SDEI_MODEL_SHARED_RESET, 3 },
        { STEP_TRIGGER, 65 },
        { STEP_LINE, 110 },
        { STEP_CONFIG, 15 },
        { STEP_PE_OFF, 10 },
        { STEP_RESET, 1 },
        { STEP_RELOAD, 3 },
        { STEP_DELIVER, 89 },
    };
    uint32_t at = below(r, 1024);

    for (int i = 0; i < ARRAY_SIZE(weights); i++) {
        if (at < weights[i].weight) {
            return weights[i].what;
        }
        at -= weights[i].weight;
    }
    g_assert_not_reached();
}

static void make_step(const Config *c, Step *s, uint64_t *r)
{
    *s = (Step) { .what = random_what(r), .pe = random_pe(c, r) };

    switch (s->what) {
    case SDEI_MODEL_EVENT_REGISTER:
        s->x[0] = random_event(c, r);
        s->x[1] = random_entry(r);
        s->x[2] = rnd(r);
        s->x[3] = random_flags(r);
        s->x[4] = random_affinity(c, r);
        break;
    case SDEI_MODEL_EVENT_ENABLE:
    case SDEI_MODEL_EVENT_DISABLE:
    case SDEI_MODEL_EVENT_UNREGISTER:
    case SDEI_MODEL_EVENT_STATUS:
        s->x[0] = random_event(c, r);
        break;
    case SDEI_MODEL_EVENT_GET_INFO:
        s->x[0] = random_event(c, r);
        s->x[1] = random_u32(r, 6);
        break;
    case SDEI_MODEL_EVENT_ROUTING_SET:
        s->x[0] = random_event(c, r);
        s->x[1] = one_in(r, 16) ? BIT_ULL(below(r, 64)) : below(r, 2);
        s->x[2] = random_affinity(c, r);
        break;
    case SDEI_MODEL_EVENT_SIGNAL:
        s->x[0] = random_event(c, r);
        s->x[1] = random_affinity(c, r);
        break;
    case SDEI_MODEL_EVENT_CONTEXT:
        s->x[0] = random_u32(r, 20);
        break;
    case SDEI_MODEL_EVENT_COMPLETE:
        s->x[0] = random_u32(r, 2);
        break;
    case SDEI_MODEL_EVENT_COMPLETE_AND_RESUME:
        s->x[0] = random_entry(r);
        break;
    case SDEI_MODEL_INTERRUPT_BIND:
        s->x[0] = intids[below(r, NUM_LINES)];
        break;
    case SDEI_MODEL_INTERRUPT_RELEASE:
        s->x[0] = random_event(c, r);
        break;
    case STEP_TRIGGER:
        /* A bound event has no other source than its line */
        do {
            s->x[0] = below(r, c->num_events);
        } while (c->event[s->x[0]].slot);
        break;
    case STEP_LINE:
        s->x[0] = below(r, NUM_LINES);
        s->x[1] = one_in(r, 2);
        break;
    case STEP_CONFIG:
        s->x[0] = below(r, NUM_LINES);
        s->x[1] = one_in(r, 2);
        s->x[2] = one_in(r, 4);
        break;
    }
}

/* Returns: how many steps the sequence has */
static size_t make_steps(const Config *c, Step *steps)
{
    uint64_t r = ~c->seed;
    size_t max = c->num_pes > 4 ? MAX_STEPS_WIDE : MAX_STEPS;
    size_t n = max / 2 + below(&r, max / 2);

    for (size_t i = 0; i < n; i++) {
        make_step(c, &steps[i], &r);
    }
    return n;
}

/* ---- Printing them ---- */

static const char *const what_name[STEP_COUNT] = {
    [SDEI_MODEL_EVENT_REGISTER] = "EVENT_REGISTER",
    [SDEI_MODEL_EVENT_ENABLE] = "EVENT_ENABLE",
    [SDEI_MODEL_EVENT_DISABLE] = "EVENT_DISABLE",
    [SDEI_MODEL_EVENT_CONTEXT] = "EVENT_CONTEXT",
    [SDEI_MODEL_EVENT_COMPLETE] = "EVENT_COMPLETE",
    [SDEI_MODEL_EVENT_COMPLETE_AND_RESUME] = "EVENT_COMPLETE_AND_RESUME",
    [SDEI_MODEL_EVENT_UNREGISTER] = "EVENT_UNREGISTER",
    [SDEI_MODEL_EVENT_STATUS] = "EVENT_STATUS",
    [SDEI_MODEL_EVENT_GET_INFO] = "EVENT_GET_INFO",
    [SDEI_MODEL_EVENT_ROUTING_SET] = "EVENT_ROUTING_SET",
    [SDEI_MODEL_PE_MASK] = "PE_MASK",
    [SDEI_MODEL_PE_UNMASK] = "PE_UNMASK",
    [SDEI_MODEL_EVENT_SIGNAL] = "EVENT_SIGNAL",
    [SDEI_MODEL_PRIVATE_RESET] = "PRIVATE_RESET",
    [SDEI_MODEL_SHARED_RESET] = "SHARED_RESET",
    [SDEI_MODEL_INTERRUPT_BIND] = "INTERRUPT_BIND",
    [SDEI_MODEL_INTERRUPT_RELEASE] = "INTERRUPT_RELEASE",
    [STEP_TRIGGER] = "(trigger)",
    [STEP_LINE] = "(line)",
    [STEP_CONFIG] = "(GIC)",
    [STEP_DELIVER] = "(deliver)",
    [STEP_PE_OFF] = "(power off)",
    [STEP_RESET] = "(machine reset)",
    [STEP_RELOAD] = "(migration)",
};

/* How many arguments of a step count */
static unsigned num_args(unsigned what)
{
    switch (what) {
    case SDEI_MODEL_EVENT_REGISTER:
        return 5;
    case SDEI_MODEL_EVENT_ROUTING_SET:
        return 3;
    case SDEI_MODEL_EVENT_GET_INFO:
    case SDEI_MODEL_EVENT_SIGNAL:
        return 2;
    case SDEI_MODEL_PE_MASK:
    case SDEI_MODEL_PE_UNMASK:
    case SDEI_MODEL_PRIVATE_RESET:
    case SDEI_MODEL_SHARED_RESET:
        return 0;
    default:
        return what < SDEI_MODEL_FN_COUNT ? 1 : 0;
    }
}

static void print_step(const Config *c, GString *out, size_t n, const Step *s)
{
    g_string_append_printf(out, "%3zu  PE %u  %s", n, s->pe,
                           what_name[s->what]);
    if (s->what == STEP_TRIGGER) {
        g_string_append_printf(out, " event 0x%x", c->event[s->x[0]].num);
    }
    if (s->what == STEP_LINE) {
        g_string_append_printf(out, " INTID %u %s", intids[s->x[0]],
                               s->x[1] ? "high" : "low");
    }
    if (s->what == STEP_CONFIG) {
        g_string_append_printf(out, " INTID %u %s%s", intids[s->x[0]],
                               s->x[1] ? "edge" : "level",
                               s->x[2] ? ", active" : "");
    }
    if (s->what < SDEI_MODEL_FN_COUNT) {
        g_string_append_c(out, '(');
        for (unsigned i = 0; i < num_args(s->what); i++) {
            g_string_append_printf(out, "%s0x%" PRIx64, i ? ", " : "",
                                   s->x[i]);
        }
        g_string_append_c(out, ')');
    }
}

/* ---- Comparing ---- */

static char *fmt_pe(const char *what, uint32_t pe, uint64_t want, uint64_t got)
{
    return g_strdup_printf("%s, PE %u: want 0x%" PRIx64 ", got 0x%" PRIx64,
                           what, pe, want, got);
}

static char *fmt_event(const Pair *p, const char *what, uint32_t ev,
                       uint32_t pe, uint64_t want, uint64_t got)
{
    return g_strdup_printf("%s, event 0x%x, PE %u: "
                           "want 0x%" PRIx64 ", got 0x%" PRIx64,
                           what, p->c->event[ev].num, pe, want, got);
}

static char *fmt_target(const Pair *p, uint32_t ev, uint32_t target)
{
    if (target == SDEI_NONE) {
        return g_strdup_printf("event 0x%x has no target, but a PE can take it",
                               p->c->event[ev].num);
    }
    return g_strdup_printf("event 0x%x has target %u, which cannot take it",
                           p->c->event[ev].num, target);
}

static char *compare_handler(const Pair *p, uint32_t ev, uint32_t pe)
{
    const SDEIModelHandler *want = sdei_model_handler(&p->model, ev, pe);
    const SDEIHandler *got = sdei_events_handler(&p->real, ev, pe);

    if (want->status != got->status) {
        return fmt_event(p, "status", ev, pe, want->status, got->status);
    }
    if (want->pending != got->pending) {
        return fmt_event(p, "pending", ev, pe, want->pending, got->pending);
    }
    if (!(want->status & SDEI_STATUS_REGISTERED)) {
        return NULL;
    }
    if (want->entry != got->entry) {
        return fmt_event(p, "entry", ev, pe, want->entry, got->entry);
    }
    if (want->ep_arg != got->ep_arg) {
        return fmt_event(p, "ep_arg", ev, pe, want->ep_arg, got->ep_arg);
    }
    if (want->relative != got->relative) {
        return fmt_event(p, "relative", ev, pe, want->relative, got->relative);
    }
    if (p->c->event[ev].shared) {
        if (want->rm_pe != (got->routing_mode == SDEI_RM_PE)) {
            return fmt_event(p, "routing mode", ev, pe, want->rm_pe,
                             got->routing_mode);
        }
        if (want->rm_pe && want->route != got->pe) {
            return fmt_event(p, "routed PE", ev, pe, want->route, got->pe);
        }
    }
    return NULL;
}

static char *compare_pe(const Pair *p, uint32_t pe)
{
    const SDEIModelPE *want = &p->model.pe[pe];
    const SDEIPE *got = &p->real.pe[pe];
    uint32_t running[SDEI_PRIO_COUNT] = { SDEI_NONE, SDEI_NONE };
    uint32_t innermost = sdei_running(&p->real, pe);

    if (want->masked != got->masked) {
        return fmt_pe("masked", pe, want->masked, got->masked);
    }
    for (unsigned i = 0; i < want->depth; i++) {
        running[p->c->event[want->stack[i]].critical] = want->stack[i];
    }
    for (int prio = 0; prio < SDEI_PRIO_COUNT; prio++) {
        bool admits = sdei_model_admits(&p->model, pe, prio);

        if (running[prio] != got->running[prio]) {
            return fmt_pe(prio ? "running critical event (index)" :
                          "running normal event (index)", pe, running[prio],
                          got->running[prio]);
        }
        if (p->model.fault == SDEI_MODEL_NO_FAULT &&
            admits != test_bit(pe, p->real.can_take[prio])) {
            return fmt_pe(prio ? "can_take critical" : "can_take normal",
                          pe, admits, !admits);
        }
    }
    if (innermost != sdei_model_running(&p->model, pe)) {
        return fmt_pe("innermost handler (event index)", pe,
                      sdei_model_running(&p->model, pe), innermost);
    }
    return NULL;
}

static uint32_t num_lines_of(const Config *c, unsigned n)
{
    return intids[n] < SDEI_MODEL_FIRST_SPI ? c->num_pes : 1;
}

static char *compare_lines(const Pair *p)
{
    for (unsigned n = 0; n < NUM_LINES; n++) {
        uint32_t want = sdei_model_find_intid(&p->model, intids[n]);
        uint32_t got = sdei_events_find_intid(&p->real, intids[n]);

        if (want != got) {
            return g_strdup_printf("INTID %u is bound to event (index) %u, "
                                   "not %u", intids[n], got, want);
        }
        for (uint32_t pe = 0; pe < num_lines_of(p->c, n); pe++) {
            bool owns = sdei_model_owns(&p->model, intids[n], pe);

            if (owns != p->owned[n][pe]) {
                return g_strdup_printf("owner of INTID %u, PE %u: want %d, "
                                       "got %d", intids[n], pe, owns, !owns);
            }
        }
    }
    return NULL;
}

static char *compare_state(const Pair *p)
{
    uint32_t shared_pending = 0;
    char *why;

    for (uint32_t pe = 0; pe < p->c->num_pes; pe++) {
        uint32_t private_pending = 0;

        why = compare_pe(p, pe);
        if (why) {
            return why;
        }
        for (uint32_t ev = 0; ev < p->c->num_events; ev++) {
            bool shared = p->c->event[ev].shared;

            if (shared && pe != 0) {
                continue;
            }
            why = compare_handler(p, ev, pe);
            if (why) {
                return why;
            }
            if (sdei_model_handler(&p->model, ev, pe)->pending) {
                *(shared ? &shared_pending : &private_pending) += 1;
            }
        }
        if (private_pending != p->real.pe[pe].num_pending) {
            return fmt_pe("num_pending", pe, private_pending,
                          p->real.pe[pe].num_pending);
        }
    }
    why = compare_lines(p);
    if (why) {
        return why;
    }
    if (shared_pending != p->real.num_shared_pending) {
        return fmt_pe("num_shared_pending", 0, shared_pending,
                      p->real.num_shared_pending);
    }
    return NULL;
}

/* Who would take what now, and is it a choice that the model accepts? */
static char *compare_choice(Pair *p, bool targets_first)
{
    uint32_t next[MAX_PES];

    for (int phase = 0; phase < 2; phase++) {
        if ((phase == 0) == targets_first) {
            for (uint32_t ev = 0; ev < p->c->num_events; ev++) {
                if (p->c->event[ev].shared) {
                    uint32_t was = p->target[ev];

                    p->target[ev] = sdei_dispatch_target(&p->real, ev);
                    coverage.any_moves += was != SDEI_NONE &&
                                          p->target[ev] != SDEI_NONE &&
                                          was != p->target[ev];
                }
            }
        } else {
            for (uint32_t pe = 0; pe < p->c->num_pes; pe++) {
                next[pe] = sdei_next_event(&p->real, pe);
            }
        }
    }

    for (uint32_t ev = 0; ev < p->c->num_events; ev++) {
        if (p->c->event[ev].shared &&
            !sdei_model_target_ok(&p->model, ev, p->target[ev])) {
            return fmt_target(p, ev, p->target[ev]);
        }
    }
    for (uint32_t pe = 0; pe < p->c->num_pes; pe++) {
        uint32_t want = sdei_model_next(&p->model, pe, p->target);

        if (want != next[pe]) {
            return fmt_pe("next event (index)", pe, want, next[pe]);
        }
    }
    return NULL;
}

/* ---- Stepping both ---- */

/* The device asks the client's GIC, here the model has the answer */
static bool is_active(const Pair *p, uint32_t pe, uint32_t intid)
{
    return intid && sdei_model_line(&p->model, intid, pe)->active;
}

static uint32_t intid_of(const Pair *p, uint32_t num)
{
    uint32_t ev = sdei_events_find(&p->real, num);

    return ev == SDEI_NONE ? 0 : p->real.event[ev].intid;
}

/* Is the interrupt active anywhere? */
static bool is_active_on_any(const Pair *p, uint32_t num)
{
    uint32_t intid = intid_of(p, num);

    for (uint32_t pe = 0; pe < p->c->num_pes; pe++) {
        if (is_active(p, pe, intid)) {
            return true;
        }
    }
    return false;
}

/* The line is taken before the event is registered, as in the device */
static void take_line(Pair *p, uint32_t pe, uint32_t num)
{
    uint32_t ev = sdei_events_find(&p->real, num);
    uint32_t intid = p->real.event[ev].intid;
    bool edge = sdei_model_line(&p->model, intid, pe)->edge;

    for (unsigned n = 0; n < NUM_LINES; n++) {
        uint32_t of = num_lines_of(p->c, n) == 1 ? 0 : pe;

        if (intids[n] == intid) {
            p->owned[n][of] = true;
            sdei_line_taken(&p->real, ev, pe, edge, p->level[n][of]);
            coverage.taken[edge][p->level[n][of]]++;
        }
    }
}

static int64_t register_event(Pair *p, const Step *s)
{
    SDEIEvents *m = &p->real;
    uint32_t num = s->x[0], intid = intid_of(p, num);
    int64_t ret = sdei_event_can_register(m, s->pe, num, s->x[1], s->x[3],
                                          s->x[4]);

    if (ret != SDEI_SUCCESS) {
        return ret;
    }
    if (is_active(p, s->pe, intid)) {
        return SDEI_DENIED;
    }
    if (intid) {
        take_line(p, s->pe, num);
    }
    return sdei_event_register(m, s->pe, num, s->x[1], s->x[2], s->x[3],
                               s->x[4]);
}

/* Lines whose events are no longer registered go back, as in the device */
static void give_lines_back(Pair *p)
{
    for (unsigned n = 0; n < NUM_LINES; n++) {
        for (uint32_t pe = 0; pe < num_lines_of(p->c, n); pe++) {
            if (p->owned[n][pe] && !sdei_owns_line(&p->real, pe, intids[n])) {
                p->owned[n][pe] = false;
                coverage.given_back[p->level[n][pe]]++;
            }
        }
    }
}

static void set_line(Pair *p, unsigned n, uint32_t pe, bool level)
{
    uint32_t ev = sdei_events_find_intid(&p->real, intids[n]);

    if (num_lines_of(p->c, n) == 1) {
        pe = 0;
    }
    sdei_model_set_line(&p->model, intids[n], pe, level);
    if (p->owned[n][pe]) {
        const SDEIHandler *h = sdei_events_handler(&p->real, ev, pe);
        bool was_pending = h->pending;

        coverage.rising[h->edge] += level && !p->level[n][pe];
        sdei_line_changed(&p->real, ev, pe, level);
        coverage.dropped += was_pending && !h->pending;
    }
    p->level[n][pe] = level;
}

static int64_t real_call(Pair *p, const Step *s)
{
    SDEIEvents *m = &p->real;
    uint32_t num = s->x[0], inner;

    switch (s->what) {
    case SDEI_MODEL_EVENT_REGISTER:
        return register_event(p, s);
    case SDEI_MODEL_INTERRUPT_BIND:
        return sdei_interrupt_bind(m, num);
    case SDEI_MODEL_INTERRUPT_RELEASE:
        return sdei_interrupt_release(m, num, is_active_on_any(p, num));
    case SDEI_MODEL_EVENT_ENABLE:
        return sdei_event_enable(m, s->pe, num);
    case SDEI_MODEL_EVENT_DISABLE:
        return sdei_event_disable(m, s->pe, num);
    case SDEI_MODEL_EVENT_UNREGISTER:
        return sdei_event_unregister(m, s->pe, num);
    case SDEI_MODEL_EVENT_STATUS:
        return sdei_event_status(m, s->pe, num);
    case SDEI_MODEL_EVENT_GET_INFO:
        return sdei_event_get_info(m, s->pe, num, s->x[1]);
    case SDEI_MODEL_EVENT_ROUTING_SET:
        return sdei_event_routing_set(m, s->pe, num, s->x[1], s->x[2]);
    case SDEI_MODEL_EVENT_SIGNAL:
        return sdei_event_signal(m, num, s->x[1], NULL);
    case SDEI_MODEL_PE_MASK:
        return sdei_pe_mask(m, s->pe);
    case SDEI_MODEL_PE_UNMASK:
        return sdei_pe_unmask(m, s->pe);
    case SDEI_MODEL_PRIVATE_RESET:
        return sdei_private_reset(m, s->pe);
    case SDEI_MODEL_SHARED_RESET:
        return sdei_shared_reset(m);

    /* The caller checks what concerns registers */
    case SDEI_MODEL_EVENT_CONTEXT:
        if (num > 17) {
            return SDEI_INVALID_PARAMETERS;
        }
        return sdei_running(m, s->pe) == SDEI_NONE ? SDEI_DENIED : 0;
    case SDEI_MODEL_EVENT_COMPLETE_AND_RESUME:
        if (s->x[0] & 3) {
            return SDEI_INVALID_PARAMETERS;
        }
        /* fall through */
    case SDEI_MODEL_EVENT_COMPLETE:
        inner = sdei_running(m, s->pe);
        if (inner == SDEI_NONE) {
            return SDEI_DENIED;
        }
        return sdei_complete(m, s->pe) == inner ? 0 : SDEI_NOT_SUPPORTED;
    default:
        g_assert_not_reached();
    }
}

static void real_init(SDEIEvents *m, const Config *c)
{
    SDEIEventDef def[MAX_EVENTS];

    /* In any order: here backwards */
    for (uint32_t ev = 0; ev < c->num_events; ev++) {
        const SDEIModelEvent *e = &c->event[c->num_events - 1 - ev];

        def[ev] = (SDEIEventDef) {
            .num = e->num,
            .type = e->shared ? SDEI_TYPE_SHARED : SDEI_TYPE_PRIVATE,
            .priority = e->critical ? SDEI_PRIO_CRITICAL : SDEI_PRIO_NORMAL,
            .signalable = e->signalable,
            .bindable = e->slot,
        };
    }
    sdei_events_init(m, def, c->num_events, c->mpidr, c->num_pes,
                     c->register_flags);
}

/*
 * What migration does: the state goes to a fresh machine, in which what is
 * derived holds rubbish until it is recomputed.
 */
static void reload(Pair *p)
{
    SDEIEvents *from = &p->real, to;

    real_init(&to, p->c);
    for (uint32_t ev = 0; ev < p->c->num_events; ev++) {
        uint32_t n = p->c->event[ev].shared ? 1 : p->c->num_pes;

        memcpy(to.event[ev].handler, from->event[ev].handler,
               n * sizeof(SDEIHandler));
        to.event[ev].intid = from->event[ev].intid;
    }
    for (uint32_t pe = 0; pe < p->c->num_pes; pe++) {
        to.pe[pe].masked = from->pe[pe].masked;
        memcpy(to.pe[pe].running, from->pe[pe].running,
               sizeof(to.pe[pe].running));
        to.pe[pe].num_pending = 77;
        to.pe[pe].num_used = 77;
        for (int prio = 0; prio < SDEI_PRIO_COUNT; prio++) {
            change_bit(pe, to.can_take[prio]);
        }
    }
    to.num_shared_pending = 77;
    to.num_shared_used = 77;
    to.num_bound = 77;
    to.num_lines = 77;
    sdei_events_recompute(&to);
    sdei_events_destroy(from);
    *from = to;
}

/* @pe takes what it has to take now, if anything */
static char *deliver(Pair *p, uint32_t pe, bool *delivered)
{
    uint32_t ev = sdei_next_event(&p->real, pe);
    const SDEIModelHandler *want;
    const SDEIHandler *got;
    const char *rule;

    *delivered = ev != SDEI_NONE;
    if (ev == SDEI_NONE) {
        return NULL;
    }
    if (ev >= p->c->num_events) {
        return fmt_pe("next event is no event", pe, SDEI_NONE, ev);
    }
    rule = sdei_model_deliver(&p->model, ev, pe);
    if (rule) {
        return g_strdup_printf("event 0x%x, PE %u: %s", p->c->event[ev].num,
                               pe, rule);
    }

    got = sdei_dispatch(&p->real, pe, ev);
    want = sdei_model_handler(&p->model, ev, pe);
    if (got->entry != want->entry || got->ep_arg != want->ep_arg ||
        got->relative != want->relative) {
        return fmt_event(p, "handler entered at", ev, pe, want->entry,
                         got->entry);
    }

    coverage.delivered[p->c->event[ev].shared][p->c->event[ev].critical]++;
    coverage.nested += p->model.pe[pe].depth == 2;
    coverage.any_not_first += p->c->event[ev].shared && !want->rm_pe && pe;
    return NULL;
}

/*
 * What the device does after a step: @pe takes what it can, then each PE that
 * sdei_dispatch_target() names.  Nothing may be left that someone can take.
 */
static char *deliver_all(Pair *p, uint32_t pe)
{
    uint32_t left, taker;
    bool delivered;
    char *why;

    do {
        why = deliver(p, pe, &delivered);
        for (uint32_t ev = 0; !why && ev < p->c->num_events; ev++) {
            if (p->c->event[ev].shared) {
                uint32_t target = sdei_dispatch_target(&p->real, ev);

                if (!sdei_model_target_ok(&p->model, ev, target)) {
                    return fmt_target(p, ev, target);
                }
                if (target != SDEI_NONE) {
                    bool here = false;

                    why = deliver(p, target, &here);
                    if (!why && !here) {
                        return fmt_event(p, "the target takes nothing", ev,
                                         target, ev, SDEI_NONE);
                    }
                    delivered |= here;
                }
            }
        }
    } while (!why && delivered);

    if (!why) {
        left = sdei_model_undelivered(&p->model, &taker);
        if (left != SDEI_MODEL_NONE) {
            return fmt_event(p, "nobody took it", left, taker, taker,
                             SDEI_NONE);
        }
    }
    return why;
}

static void cover(const Pair *p, const Step *s)
{
    uint32_t ev = SDEI_MODEL_NONE, pe = s->pe;
    const SDEIModelHandler *h;

    coverage.steps++;
    if (s->what == STEP_TRIGGER) {
        ev = s->x[0];
    } else if (s->what == SDEI_MODEL_EVENT_COMPLETE) {
        ev = sdei_model_running(&p->model, pe);
    } else if (num_args(s->what)) {
        ev = sdei_model_find(&p->model, s->x[0]);
        if (s->what == SDEI_MODEL_EVENT_SIGNAL) {
            pe = sdei_model_find_pe(&p->model, s->x[1]);
        }
    }
    if (ev != SDEI_MODEL_NONE && pe != SDEI_MODEL_NONE) {
        h = sdei_model_handler(&p->model, ev, pe);
        coverage.cell[p->c->event[ev].shared][h->status][s->what]++;
    }
}

static void cover_waiting(const Pair *p)
{
    for (uint32_t ev = 0; ev < p->c->num_events; ev++) {
        const SDEIModelHandler *h = sdei_model_handler(&p->model, ev, 0);

        if (p->c->event[ev].shared && h->pending && h->status == 3 &&
            p->target[ev] == SDEI_NONE) {
            *(h->rm_pe ? &coverage.routed_waits : &coverage.any_waits) += 1;
        }
    }
}

/* Returns: NULL, or what differs after this step */
static char *step(Pair *p, const Step *s, size_t n)
{
    uint32_t ev = s->x[0], affected = s->pe;
    uint64_t x[5];
    bool delivered;
    int64_t got = 0;
    char *why = NULL;

    p->result = 0;
    if (p->c->fault == SDEI_MODEL_NO_FAULT) {
        cover(p, s);
    }
    switch (s->what) {
    case STEP_TRIGGER:
        p->result = sdei_model_trigger(&p->model, ev, s->pe);
        got = sdei_trigger(&p->real, ev, s->pe);
        break;
    case STEP_LINE:
        set_line(p, s->x[0], s->pe, s->x[1]);
        break;
    case STEP_CONFIG:
        sdei_model_line(&p->model, intids[s->x[0]], s->pe)->edge = s->x[1];
        sdei_model_line(&p->model, intids[s->x[0]], s->pe)->active = s->x[2];
        break;
    case SDEI_MODEL_INTERRUPT_BIND:
        memcpy(x, s->x, sizeof(x));
        got = real_call(p, s);
        coverage.bound_again +=
            sdei_model_find_intid(&p->model, s->x[0]) != SDEI_MODEL_NONE;
        coverage.no_slot += got == SDEI_OUT_OF_RESOURCE;
        x[1] = got;
        p->result = sdei_model_call(&p->model, s->pe, s->what, x);
        break;
    case STEP_DELIVER:
        why = deliver(p, s->pe, &delivered);
        break;
    case STEP_PE_OFF:
        sdei_model_pe_off(&p->model, s->pe);
        sdei_pe_off(&p->real, s->pe);
        break;
    case STEP_RESET:
        sdei_model_reset(&p->model);
        sdei_events_reset(&p->real);
        break;
    case STEP_RELOAD:
        reload(p);
        break;
    case SDEI_MODEL_EVENT_SIGNAL:
        affected = sdei_model_find_pe(&p->model, s->x[1]);
        if (affected == SDEI_MODEL_NONE) {
            affected = s->pe;
        }
        /* fall through */
    default:
        /* First the real one, which asks for lines as they are before */
        got = real_call(p, s);
        p->result = sdei_model_call(&p->model, s->pe, s->what, s->x);
        break;
    }

    give_lines_back(p);
    if (p->result != got) {
        return g_strdup_printf("result: want %" PRId64 ", got %" PRId64,
                               p->result, got);
    }
    why = why ?: compare_state(p);
    why = why ?: g_strdup(sdei_events_check(&p->real));
    if (p->c->style == EAGER) {
        why = why ?: deliver_all(p, affected);
        why = why ?: compare_state(p);
    } else {
        why = why ?: compare_choice(p, n % 2);
        cover_waiting(p);
    }
    return why;
}

/**
 * run: step both through a sequence
 * @failed: index of the step after which they differ
 * @log: if not NULL, takes a line for each step
 * Returns: NULL, or what differs
 */
static char *run(const Config *c, const Step *steps, size_t num_steps,
                 size_t *failed, GString *log)
{
    Pair p = { .c = c };
    char *why = NULL;

    sdei_model_init(&p.model, c->event, c->num_events, c->mpidr, c->num_pes,
                    c->register_flags);
    sdei_model_set_gic(&p.model, NUM_INTIDS);
    p.model.fault = c->fault;
    real_init(&p.real, c);
    for (uint32_t ev = 0; ev < c->num_events; ev++) {
        g_assert_cmpuint(sdei_events_find(&p.real, c->event[ev].num), ==, ev);
        p.target[ev] = SDEI_NONE;
    }

    for (size_t i = 0; i < num_steps && !why; i++) {
        why = step(&p, &steps[i], i);
        *failed = i;
        if (log) {
            print_step(c, log, i + 1, &steps[i]);
            if (steps[i].what <= STEP_TRIGGER) {
                g_string_append_printf(log, " -> %" PRId64, p.result);
            }
            g_string_append_c(log, '\n');
        }
    }

    sdei_model_destroy(&p.model);
    sdei_events_destroy(&p.real);
    return why;
}

/* ---- Shrinking ---- */

static bool fails(const Config *c, const Step *steps, size_t *num_steps)
{
    size_t failed;
    char *why = run(c, steps, *num_steps, &failed, NULL);

    if (why) {
        *num_steps = failed + 1;
        g_free(why);
    }
    return why;
}

/* Drop as many steps as can be dropped with the rest still failing */
static size_t shrink(const Config *c, Step *steps, size_t num_steps)
{
    g_autofree Step *try = g_new(Step, num_steps);
    bool smaller;

    do {
        smaller = false;
        for (size_t chunk = MAX(num_steps / 2, 1); chunk; chunk /= 2) {
            for (size_t at = 0; at + chunk <= num_steps; ) {
                size_t n = num_steps - chunk;

                memcpy(try, steps, at * sizeof(*try));
                memcpy(try + at, steps + at + chunk, (n - at) * sizeof(*try));
                if (fails(c, try, &n)) {
                    memcpy(steps, try, n * sizeof(*try));
                    num_steps = n;
                    smaller = true;
                } else {
                    at += chunk;
                }
            }
        }
    } while (smaller);
    return num_steps;
}

/* What a person needs who has to find the bug */
static char *report(const Config *c, const Step *steps, size_t num_steps)
{
    GString *out = g_string_new(NULL);
    g_autofree char *why = NULL;
    size_t failed;

    g_string_append_printf(out, "SDEI_MODEL_SEED=%" PRIu64 ", %u PEs, "
                           "REGISTER flags 0x%" PRIx64 ", %s delivery\n",
                           c->seed, c->num_pes, c->register_flags,
                           c->style == EAGER ? "eager" : "lazy");
    for (uint32_t ev = 0; ev < c->num_events; ev++) {
        g_string_append_printf(out, "event 0x%x: %s, %s%s%s\n",
                               c->event[ev].num,
                               c->event[ev].shared ? "shared" : "private",
                               c->event[ev].critical ? "critical" : "normal",
                               c->event[ev].signalable ? ", signalable" : "",
                               c->event[ev].slot ? ", to be bound" : "");
    }
    for (uint32_t pe = 0; pe < MIN(c->num_pes, 4); pe++) {
        g_string_append_printf(out, "PE %u: affinity 0x%" PRIx64 "\n", pe,
                               c->mpidr[pe]);
    }
    why = run(c, steps, num_steps, &failed, out);
    g_string_append_printf(out, "then: %s", why ?: "no difference");
    return g_string_free(out, false);
}

static void message_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_test_message("%s", *line);
    }
}

/* ---- The tests ---- */

static uint64_t from_environment(const char *name, uint64_t value)
{
    const char *text = g_getenv(name);

    if (text && qemu_strtou64(text, NULL, 0, &value)) {
        g_error("%s=%s is not a number", name, text);
    }
    return value;
}

static uint64_t first_seed(void)
{
    uint64_t seed = from_environment("SDEI_MODEL_SEED", 1);

    g_test_message("SDEI_MODEL_SEED=%" PRIu64, seed);
    return seed;
}

static void check_visited(uint64_t count, const char *what)
{
    if (count == 0) {
        g_test_message("the random walk never met: %s", what);
        g_test_fail();
    }
}

/* Every cell of the state table and every kind of delivery has been met */
static void check_coverage(void)
{
    static const uint8_t states[] = { 0, 1, 3, 4, 5, 7 };
    static const uint8_t calls[] = {
        SDEI_MODEL_EVENT_REGISTER, SDEI_MODEL_EVENT_ENABLE,
        SDEI_MODEL_EVENT_DISABLE, SDEI_MODEL_EVENT_UNREGISTER,
        SDEI_MODEL_EVENT_STATUS, SDEI_MODEL_EVENT_GET_INFO,
        SDEI_MODEL_EVENT_ROUTING_SET, SDEI_MODEL_EVENT_SIGNAL,
        SDEI_MODEL_EVENT_COMPLETE, STEP_TRIGGER,
    };

    for (int shared = 0; shared < 2; shared++) {
        for (int i = 0; i < ARRAY_SIZE(states); i++) {
            for (int j = 0; j < ARRAY_SIZE(calls); j++) {
                g_autofree char *what =
                    g_strdup_printf("%s of a %s event in state %u",
                                    what_name[calls[j]],
                                    shared ? "shared" : "private", states[i]);

                if (calls[j] != SDEI_MODEL_EVENT_COMPLETE || states[i] >= 4) {
                    check_visited(coverage.cell[shared][states[i]][calls[j]],
                                  what);
                }
            }
        }
        for (int critical = 0; critical < 2; critical++) {
            check_visited(coverage.delivered[shared][critical], "a delivery");
        }
    }
    check_visited(coverage.nested, "two handlers on a PE");
    check_visited(coverage.any_not_first, "RM_ANY taken by another than PE 0");
    check_visited(coverage.any_waits, "RM_ANY that has to wait");
    check_visited(coverage.any_moves, "a shared event that changes its target");
    check_visited(coverage.routed_waits, "RM_PE that has to wait");
    for (int i = 0; i < 2; i++) {
        check_visited(coverage.taken[0][i], "a level taken over");
        check_visited(coverage.taken[1][i], "an edge taken over");
        check_visited(coverage.given_back[i], "a line given back");
        check_visited(coverage.rising[i], "a line that rises");
    }
    check_visited(coverage.dropped, "a level that drops before delivery");
    check_visited(coverage.no_slot, "BIND without a slot");
    check_visited(coverage.bound_again, "BIND of what is bound");
}

static void test_lockstep(void)
{
    uint64_t seed = first_seed();
    uint64_t steps = from_environment("SDEI_MODEL_STEPS", g_test_slow() ?
                                      SLOW_STEPS : DEFAULT_STEPS);
    g_autofree Step *sequence = g_new(Step, MAX_STEPS);
    g_autofree Config *c = g_new(Config, 1);

    while (coverage.steps < steps) {
        g_autofree char *why = NULL;
        size_t n, failed;

        make_config(c, seed + coverage.sequences++);
        n = make_steps(c, sequence);
        why = run(c, sequence, n, &failed, NULL);
        if (why) {
            g_autofree char *text = NULL;

            n = shrink(c, sequence, failed + 1);
            text = report(c, sequence, n);
            message_lines(text);
            g_test_fail();
            return;
        }
    }

    g_test_message("%" PRIu64 " sequences, %" PRIu64 " steps",
                   coverage.sequences, coverage.steps);
    if (steps >= DEFAULT_STEPS) {
        check_coverage();
    }
}

/*
 * The test itself is able to fail: a model with a mistake in it is found out,
 * and the sequence that does it shrinks to a few calls.
 */
static void test_fault(const void *opaque)
{
    SDEIModelFault fault = (uintptr_t)opaque;
    g_autofree Step *sequence = g_new(Step, MAX_STEPS);
    g_autofree Config *c = g_new(Config, 1);
    uint64_t seed = first_seed();

    for (int i = 0; i < 10000; i++) {
        g_autofree char *why = NULL, *text = NULL;
        size_t n, failed;

        make_config(c, seed + i);
        c->fault = fault;
        n = make_steps(c, sequence);
        why = run(c, sequence, n, &failed, NULL);
        if (!why) {
            continue;
        }
        n = shrink(c, sequence, failed + 1);
        text = report(c, sequence, n);
        if (n > MAX_SHRUNK || !strstr(text, "then: ") ||
            strstr(text, "no difference")) {
            message_lines(text);
            g_test_message("fault %d: not shrunk", fault);
            g_test_fail();
        } else if (g_test_verbose()) {
            message_lines(text);
        }
        return;
    }
    g_test_message("fault %d in the model has not been noticed", fault);
    g_test_fail();
}

int main(int argc, char **argv)
{
    static const char *const fault_name[SDEI_MODEL_FAULT_COUNT] = {
        [SDEI_MODEL_FAULT_DISABLE_FORGETS_PENDING] = "disable-forgets-pending",
        [SDEI_MODEL_FAULT_TRIGGER_LOST_WHILE_RUNNING] =
            "trigger-lost-while-running",
        [SDEI_MODEL_FAULT_DENIED_FIRST] = "denied-before-invalid-parameters",
        [SDEI_MODEL_FAULT_FLAGS_CUT] = "flags-cut-to-32-bits",
        [SDEI_MODEL_FAULT_UNREGISTER_TWICE_DENIED] = "unregister-twice-denied",
        [SDEI_MODEL_FAULT_COMPLETE_ENABLES] = "complete-enables",
        [SDEI_MODEL_FAULT_MASK_RESULT] = "mask-result-always-1",
        [SDEI_MODEL_FAULT_SAME_CLASS_PREEMPTS] = "same-class-preempts",
        [SDEI_MODEL_FAULT_NUMBER_BEFORE_CLASS] = "number-before-class",
        [SDEI_MODEL_FAULT_ANY_MEANS_FIRST] = "rm-any-means-pe-0",
        [SDEI_MODEL_FAULT_OFF_KEEPS_PRIVATE] = "off-keeps-registrations",
        [SDEI_MODEL_FAULT_OFF_KEEPS_RUNNING] = "off-keeps-handler-running",
        [SDEI_MODEL_FAULT_RESET_IGNORES_RUNNING] = "reset-ignores-running",
        [SDEI_MODEL_FAULT_PRIVATE_RESET_MASKS] = "private-reset-masks",
        [SDEI_MODEL_FAULT_DROP_STILL_DELIVERS] = "dropped-level-delivers",
        [SDEI_MODEL_FAULT_LEVEL_TRIGGERS_ONCE] = "level-triggers-once",
        [SDEI_MODEL_FAULT_HIGH_AT_REGISTER_WAITS] = "high-at-register-waits",
        [SDEI_MODEL_FAULT_EDGE_HIGH_TRIGGERS] = "edge-high-at-register",
        [SDEI_MODEL_FAULT_EDGE_TAKEN_BACK] = "edge-taken-back",
        [SDEI_MODEL_FAULT_DISABLE_GIVES_BACK] = "disable-gives-line-back",
        [SDEI_MODEL_FAULT_LINE_BACK_WHILE_RUNNING] = "line-back-while-running",
        [SDEI_MODEL_FAULT_RELEASE_WHILE_RUNNING] = "release-while-running",
        [SDEI_MODEL_FAULT_RESET_KEEPS_BINDINGS] = "reset-keeps-bindings",
        [SDEI_MODEL_FAULT_ACTIVE_REGISTERS] = "active-interrupt-registers",
        [SDEI_MODEL_FAULT_ACTIVE_RELEASES] = "active-interrupt-is-released",
        [SDEI_MODEL_FAULT_EMPTY_SLOT_UNKNOWN] = "empty-slot-is-no-event",
        [SDEI_MODEL_FAULT_EMPTY_SLOT_REGISTERS] = "empty-slot-registers",
        [SDEI_MODEL_FAULT_AFFINITY_WHOLE] = "affinity-with-all-bits",
    };

    g_test_init(&argc, &argv, NULL);
    for (uintptr_t i = SDEI_MODEL_NO_FAULT + 1; i < SDEI_MODEL_FAULT_COUNT;
         i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/model/notices/%s",
                                                fault_name[i]);

        g_test_add_data_func(path, (void *)i, test_fault);
    }
    g_test_add_func("/arm-sdei/model/lockstep", test_lockstep);
    return g_test_run();
}
