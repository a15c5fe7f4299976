/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm-sdei-test: the whole device in lockstep with a model
 *
 * A random walk of calls with good and bad arguments on random PEs, triggers
 * and NMIs by QMP, interrupts that are bound, their lines and what the client
 * makes of them at its GIC, ends of handlers, CPU_OFF and CPU_ON, stop and cont
 * and machine resets, done by a guest with 4 PEs and by the model of the
 * specification in model.c.  After each step both have come to rest, and what
 * can be seen is compared: the result of the call, which PE has entered which
 * handler with which event and argument, the status of all events on the PEs
 * that were concerned, and what the GIC shows of the interrupts.
 * Where more than one PE may take an event (RM_ANY) any of them is right.
 *
 * The guest's memory is a file that is mapped here as well: to look at a
 * mailbox costs nothing then, where a message of the qtest protocol and its
 * answer would cost more than the step itself.
 *
 * One of the walks saves all in a snapshot now and then, walks on, and goes
 * back to it with the model.  Another is migrated now and then; lines change
 * and events are triggered before the guest runs again or is migrated once
 * more.
 *
 * SDEI_MODEL_SEED   seed of the walk
 * SDEI_MODEL_STEPS  how many steps
 * SDEI_MODEL_FAULT  a mistake that the model is to make, SDEIModelFault
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <sys/mman.h>
#include "qemu/atomic.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "bound.h"
#include "model.h"
#include "move.h"
#include "snapshot.h"
#include "user-event.h"

#define PES             4
#define EVENT_AGDI      0x40000001
/* As many as there are interrupts, and one that never gets any */
#define SLOTS_OF_KIND   4
#define AGDI            1       /* the event's index */
#define FIRST_SLOT      2
#define FIRST_USER      (FIRST_SLOT + 2 * SLOTS_OF_KIND)
#define EVENTS          (FIRST_USER + USER_EVENTS)
#define MAX_DEPTH       2
#define RAM_BASE        0x40000000
/* Small, as snapshots look at all of it */
#define RAM_SIZE        (64 * MiB)
#define DEFAULT_STEPS   20000
/* Enough of them for the walk to have been everywhere */
#define MANY_STEPS      10000
#define STEPS_IN_REPORT 40

/* The guest's program for status_sweep(), its input and output */
#define SWEEP_CODE      (GLOBAL_BASE + 0x1000)
#define SWEEP_EVENTS    (GLOBAL_BASE + 0x2000)
#define SWEEP_GIC       (GLOBAL_BASE + 0x2800)
#define SWEEP_RESULTS   0x5000          /* in each PE's area */
/* And for change_word() */
#define CHANGE_CODE     (GLOBAL_BASE + 0x1800)

/* Lines without a device; under KVM QEMU has those of SPIs alone */
static const uint32_t intids[] = { PPI_A, PPI_B, 21, SPI_A, SPI_B, 201 };
#define NUM_PPIS        3
#define NUM_LINES       ARRAY_SIZE(intids)

/* What is read of the GIC: each PE's PPIs are in one word, SPIs may not be */
#define GIC_WORDS       (2 * (PES + NUM_LINES - NUM_PPIS))

/* Steps that are not calls; the others are function numbers of the model */
enum {
    STEP_TRIGGER = SDEI_MODEL_FN_COUNT,
    STEP_NMI,
    STEP_LINE,
    STEP_STOPPED,
    STEP_GIC_EDGE,
    STEP_GIC_ACTIVE,
    STEP_CPU_OFF,
    STEP_CPU_ON,
    STEP_RESET,
    STEP_COUNT,
};

/* An order that was interrupted, or is to be waited for */
typedef struct Order {
    uint64_t seq;           /* 0: none */
    int64_t result;
    bool unchecked;
    const char *name;
} Order;

typedef struct LockstepPE {
    bool on;
    uint64_t seq;
    uint64_t last_ticket;
    unsigned depth;
    uint64_t frame[MAX_DEPTH + 1];      /* by depth; 0: see is_entered() */
    bool at_resume[MAX_DEPTH + 1];      /* see may_resume() */
    bool resuming;
    Order order[MAX_DEPTH + 1];         /* by depth */
    bool changed;
} LockstepPE;

typedef struct Lockstep {
    Guest *g;
    uint8_t *ram;
    SDEIModel model;
    LockstepPE pe[PES];
    /* A machine reset made the GIC forget that the line is high */
    bool forgotten[NUM_LINES][PES];
    uint64_t seed;
    uint64_t random;
    uint64_t steps;
    char *report[STEPS_IN_REPORT];
    GString *line;
    uint64_t delivered[2][2];
    uint64_t any_on[PES];
    uint64_t nested;
    uint64_t interrupted;
    uint64_t off_in_handler;
    uint64_t by_line[2];        /* entered: of PPIs, of SPIs */
    uint64_t denied_active;
    uint64_t done[STEP_COUNT];
} Lockstep;

/* ---- Random numbers: the same everywhere (splitmix64) ---- */

static uint64_t rnd(Lockstep *l)
{
    uint64_t z = (l->random += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static uint32_t below(Lockstep *l, uint32_t n)
{
    return ((rnd(l) >> 32) * n) >> 32;
}

static bool one_in(Lockstep *l, uint32_t n)
{
    return below(l, n) == 0;
}

/* ---- Guest memory ---- */

static uint64_t load(Lockstep *l, uint64_t addr)
{
    return le64_to_cpu(qatomic_load_acquire(
                           (uint64_t *)(l->ram + (addr - RAM_BASE))));
}

static void store(Lockstep *l, uint64_t addr, uint64_t value)
{
    qatomic_store_release((uint64_t *)(l->ram + (addr - RAM_BASE)),
                          cpu_to_le64(value));
}

static uint64_t load_pe(Lockstep *l, unsigned pe, unsigned offset)
{
    return load(l, PE_AREA(pe) + offset);
}

/* ---- Telling what went wrong ---- */

static void log_line(Lockstep *l, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static void log_line(Lockstep *l, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(l->line, fmt, ap);
    va_end(ap);
}

static void end_line(Lockstep *l)
{
    char **slot = &l->report[l->steps % STEPS_IN_REPORT];

    g_free(*slot);
    *slot = g_strdup(l->line->str);
    g_string_truncate(l->line, 0);
}

/* How many lines interrupt number @i of intids has */
static unsigned lines_of(unsigned i)
{
    return is_spi(intids[i]) ? 1 : PES;
}

static void print_model(Lockstep *l)
{
    for (unsigned ev = 0; ev < EVENTS; ev++) {
        GString *s = g_string_new(NULL);

        for (unsigned pe = 0; pe < PES; pe++) {
            const SDEIModelHandler *h = sdei_model_handler(&l->model, ev, pe);

            if (pe && l->model.event[ev].shared) {
                break;
            }
            g_string_append_printf(s, " %u%s", h->status,
                                   h->pending ? " pending" : "");
            if (l->model.event[ev].shared && h->rm_pe) {
                g_string_append_printf(s, " routed to PE %u", h->route);
            }
        }
        g_printerr("model: event 0x%x: status%s\n", l->model.event[ev].num,
                   s->str);
        g_string_free(s, true);
    }
    for (unsigned i = 0; i < NUM_LINES; i++) {
        uint32_t ev = sdei_model_find_intid(&l->model, intids[i]);

        g_printerr("model: INTID %u: ", intids[i]);
        if (ev != SDEI_MODEL_NONE) {
            g_printerr("event 0x%x,", l->model.event[ev].num);
        }
        for (unsigned pe = 0; pe < lines_of(i); pe++) {
            const SDEIModelLine *line =
                sdei_model_line(&l->model, intids[i], pe);

            g_printerr(" %s%s%s", line->level ? "high" : "low",
                       line->edge ? " edge" : "",
                       line->active ? " active" : "");
        }
        g_printerr("\n");
    }
    for (unsigned pe = 0; pe < PES; pe++) {
        g_printerr("model: PE %u: %s, %s, %u handlers\n", pe,
                   l->pe[pe].on ? "on" : "off",
                   l->model.pe[pe].masked ? "masked" : "unmasked",
                   l->model.pe[pe].depth);
    }
}

static void G_NORETURN G_GNUC_PRINTF(3, 4)
mismatch(Lockstep *l, unsigned pe, const char *fmt, ...)
{
    g_autofree char *why = NULL;
    va_list ap;

    va_start(ap, fmt);
    why = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    end_line(l);
    g_printerr("SDEI_MODEL_SEED=%" PRIu64 ", the last steps until %" PRIu64
               ":\n", l->seed, l->steps);
    for (unsigned i = 1; i <= STEPS_IN_REPORT; i++) {
        const char *line = l->report[(l->steps + i) % STEPS_IN_REPORT];

        if (line) {
            g_printerr("%s\n", line);
        }
    }
    print_model(l);
    guest_fail(l->g, pe, "%s", why);
}

/* ---- Orders ---- */

/* Is a slot still needed for the result of an interrupted order? */
static bool slot_in_use(const LockstepPE *p, uint64_t seq)
{
    for (unsigned i = 0; i <= MAX_DEPTH; i++) {
        if (p->order[i].seq &&
            (p->order[i].seq & SLOT_MASK) == (seq & SLOT_MASK)) {
            return true;
        }
    }
    return false;
}

static void wait_word(Lockstep *l, unsigned pe, unsigned offset,
                      uint64_t value, const char *what)
{
    GuestWait wait = { };

    while (load_pe(l, pe, offset) != value) {
        if (!guest_wait_more(&wait)) {
            mismatch(l, pe, "%s", what);
        }
    }
}

static uint64_t post(Lockstep *l, unsigned pe, unsigned op,
                     const uint64_t x[31], uint64_t pc)
{
    LockstepPE *p = &l->pe[pe];
    uint64_t order;

    wait_word(l, pe, PE_TAKEN, p->seq, "an order is not taken");
    do {
        p->seq++;
    } while (slot_in_use(p, p->seq));
    order = PE_AREA(pe) + PE_ORDER(p->seq & SLOT_MASK);
    store(l, order + ORDER_OP, op);
    store(l, order + ORDER_ELR, pc);
    store(l, order + ORDER_SPSR, guest_pstate(l->g, PSTATE_DAIF));
    for (unsigned i = 0; i < 31; i++) {
        store(l, order + ORDER_X(i), x[i]);
    }
    store(l, PE_AREA(pe) + PE_REQ, p->seq);
    return p->seq;
}

static uint64_t result_of(Lockstep *l, unsigned pe, uint64_t seq)
{
    return load_pe(l, pe, PE_RESULT(seq & SLOT_MASK) + FRAME_X(0));
}

static void check_result(Lockstep *l, unsigned pe, const Order *o,
                         int64_t result)
{
    if (!o->unchecked && result != o->result) {
        mismatch(l, pe, "%s returned %" PRId64 ", the model says %" PRId64,
                 o->name, result, o->result);
    }
}

/* Has the order of the PE's innermost context been carried out? */
static bool order_done(Lockstep *l, unsigned pe)
{
    LockstepPE *p = &l->pe[pe];
    Order *o = &p->order[p->depth];

    if (o->seq && load_pe(l, pe, PE_DONE) == o->seq) {
        check_result(l, pe, o, result_of(l, pe, o->seq));
        o->seq = 0;
    }
    return !o->seq;
}

/* ---- Handlers that are entered ---- */

static bool frame_ok(unsigned pe, uint64_t frame)
{
    return frame >= PE_AREA(pe) + PE_STACK_BOTTOM &&
           frame <= PE_AREA(pe) + PE_STACK_TOP - FRAME_SIZE && frame % 16 == 0;
}

/*
 * The outermost handler of @pe that has not been seen yet, or 0.  The PE may
 * be pushing and popping frames meanwhile: then it is 0, too.
 */
static uint64_t new_frame(Lockstep *l, unsigned pe)
{
    uint64_t top = load_pe(l, pe, PE_TOP), found = 0, ticket = 0, frame = top;

    for (unsigned i = 0; i < 8 && frame; i++) {
        uint64_t t;

        if (!frame_ok(pe, frame)) {
            return 0;
        }
        t = load(l, frame + FRAME_TICKET);
        if (t <= l->pe[pe].last_ticket) {
            break;
        }
        if (load(l, frame + FRAME_ID) < HANDLERS) {
            found = frame;
            ticket = t;
        }
        frame = load(l, frame + FRAME_PREV);
    }
    if (!found || load_pe(l, pe, PE_TOP) != top ||
        load(l, found + FRAME_TICKET) != ticket) {
        return 0;
    }
    return found;
}

static unsigned entry_handler(const SDEIModelHandler *h)
{
    uint64_t base = h->relative ? GUEST_HANDLER_OFFSET(0) : GUEST_HANDLER(0);

    return (h->entry - base) / (GUEST_HANDLER(1) - GUEST_HANDLER(0));
}

/*
 * Has the PE's innermost handler run its first instructions?  Another event
 * may have come before them: who takes one with RM_ANY changes with what the
 * other PEs do.  The frame is there once the other handler has ended.
 */
static bool is_entered(const LockstepPE *p)
{
    return !p->depth || p->frame[p->depth];
}

/* Returns: NULL, or which rule does not let @ev be delivered to @pe */
static const char *deliver(Lockstep *l, unsigned pe, uint32_t ev)
{
    const SDEIModelEvent *event = &l->model.event[ev];
    LockstepPE *p = &l->pe[pe];
    const char *rule;

    /* The last order was done before this, or is interrupted by it */
    order_done(l, pe);
    rule = sdei_model_deliver(&l->model, ev, pe);
    if (rule) {
        return rule;
    }
    log_line(l, "; PE %u enters event 0x%x", pe, event->num);
    l->delivered[event->shared][event->critical]++;
    l->any_on[pe] += event->shared &&
                     !sdei_model_handler(&l->model, ev, pe)->rm_pe;
    l->interrupted += p->order[p->depth].seq != 0;
    p->depth++;
    l->nested += p->depth == 2;
    if (event->slot) {
        l->by_line[event->shared]++;
    }
    p->frame[p->depth] = 0;
    p->at_resume[p->depth] = p->resuming;
    p->order[p->depth].seq = 0;
    return NULL;
}

/* QEMU's word for whose handler of normal priority runs on a PE */
static uint32_t asked_normal_event(Lockstep *l, unsigned pe)
{
    g_autofree char *text = guest_dump(l->g);
    g_autofree char *name = g_strdup_printf("(CPU %u): %smasked", pe,
                                            l->model.pe[pe].masked ? "" : "un");
    const char *line = strstr(text, name);
    const char *end = line ? strstr(line, "  PE ") : NULL;
    const char *runs = line ? strstr(line, "runs normal event ") : NULL;

    if (!runs || (end && end < runs)) {
        return SDEI_MODEL_NONE;
    }
    return sdei_model_find(&l->model,
                           g_ascii_strtoull(strstr(runs, "0x"), NULL, 0));
}

/*
 * A handler was interrupted before its frame was there: deliver its event.  At
 * its first instruction one sees whose it is, later it could be any frame's.
 */
static void deliver_interrupted(Lockstep *l, unsigned pe, uint64_t pc)
{
    uint32_t ev;

    for (ev = 0; ev < l->model.num_events; ev++) {
        const SDEIModelHandler *h = sdei_model_handler(&l->model, ev, pe);

        if (h->pending && pc == GUEST_HANDLER(entry_handler(h)) &&
            sdei_model_can_take(&l->model, ev, pe) && !deliver(l, pe, ev)) {
            return;
        }
    }
    if (pc < GUEST_HANDLER(0) || pc >= GUEST_FRAME_CODE_END) {
        return;
    }
    ev = asked_normal_event(l, pe);
    if (ev != SDEI_MODEL_NONE &&
        sdei_model_handler(&l->model, ev, pe)->pending &&
        sdei_model_can_take(&l->model, ev, pe)) {
        deliver(l, pe, ev);
    }
}

/* Returns: NULL, or which rule does not let the PE be where it is */
static const char *accept_frame(Lockstep *l, unsigned pe, uint64_t frame)
{
    uint64_t x0 = load(l, frame + FRAME_X(0)), x1 = load(l, frame + FRAME_X(1));
    uint64_t id = load(l, frame + FRAME_ID);
    uint32_t ev = sdei_model_find(&l->model, x0);
    const SDEIModelPE *mp = &l->model.pe[pe];
    LockstepPE *p = &l->pe[pe];
    const SDEIModelHandler *h;
    const char *rule;

    if (ev == SDEI_MODEL_NONE || x0 >> 32) {
        return "X0 is not the number of an event";
    }
    if (is_entered(p)) {
        deliver_interrupted(l, pe, load(l, frame + FRAME_X(2)));
    }
    if (is_entered(p) || mp->stack[mp->depth - 1] != ev) {
        rule = deliver(l, pe, ev);
        if (rule) {
            return rule;
        }
    }
    h = sdei_model_handler(&l->model, ev, pe);
    if (x1 != h->ep_arg) {
        mismatch(l, pe, "X1 is 0x%" PRIx64 ", ep_arg 0x%" PRIx64, x1,
                 h->ep_arg);
    }
    if (id != entry_handler(h)) {
        mismatch(l, pe, "handler %" PRIu64 " entered, registered is %u", id,
                 entry_handler(h));
    }
    p->frame[p->depth] = frame;
    p->last_ticket = load(l, frame + FRAME_TICKET);
    p->changed = true;
    return NULL;
}

/*
 * Look which handlers have been entered.  The PEs' entries may be seen in
 * another order than they were made in; one of the orders must be legal.
 */
static void observe(Lockstep *l)
{
    uint64_t frame[PES];
    bool progress;

    for (unsigned pe = 0; pe < PES; pe++) {
        frame[pe] = l->pe[pe].on ? new_frame(l, pe) : 0;
    }
    do {
        const char *rule = NULL;
        unsigned culprit = 0;

        progress = false;
        for (unsigned pe = 0; pe < PES; pe++) {
            if (frame[pe]) {
                const char *r = accept_frame(l, pe, frame[pe]);

                if (r) {
                    rule = r;
                    culprit = pe;
                } else {
                    frame[pe] = new_frame(l, pe);
                    progress = true;
                }
            }
        }
        if (rule && !progress) {
            mismatch(l, culprit, "%s (X0 0x%" PRIx64 ")", rule,
                     load(l, frame[culprit] + FRAME_X(0)));
        }
    } while (progress);
}

static unsigned find_not_entered(const Lockstep *l)
{
    unsigned pe = 0;

    while (pe < PES && is_entered(&l->pe[pe])) {
        pe++;
    }
    return pe;
}

/*
 * Wait until nothing is left to deliver, and the order that @pe was given in
 * its present context is done or has been interrupted.
 */
static void settle_step(Lockstep *l, unsigned pe, unsigned depth)
{
    GuestWait wait = { };
    unsigned late;

    for (;;) {
        uint32_t ev, taker;

        observe(l);
        ev = sdei_model_undelivered(&l->model, &taker);
        late = find_not_entered(l);
        if (ev == SDEI_MODEL_NONE && late == PES &&
            (l->pe[pe].depth > depth || order_done(l, pe))) {
            return;
        }
        if (!guest_wait_more(&wait)) {
            if (ev != SDEI_MODEL_NONE) {
                mismatch(l, taker, "nobody took event 0x%x, and this PE could",
                         l->model.event[ev].num);
            }
            if (late < PES) {
                mismatch(l, late, "a handler does not begin");
            }
            mismatch(l, pe, "%s is not done", l->pe[pe].order[depth].name);
        }
    }
}

/* A call; @result is the model's, unless it is @unchecked */
static void call(Lockstep *l, unsigned pe, const char *name, uint64_t fn,
                 const uint64_t args[5], int64_t result, bool unchecked)
{
    LockstepPE *p = &l->pe[pe];
    unsigned depth = p->depth;
    uint64_t x[31] = { fn };

    memcpy(&x[1], args, 5 * sizeof(x[0]));
    p->order[depth] = (Order) {
        .seq = post(l, pe, l->g->client_el == 2 ? OP_SMC : OP_HVC, x, 0),
        .result = result,
        .unchecked = unchecked,
        .name = name,
    };
    settle_step(l, pe, depth);
}

/* ---- Status of all events and interrupts, as a PE sees it ---- */

static unsigned gic_words(GICReg reg, uint64_t *address)
{
    unsigned n = 0;

    for (unsigned pe = 0; pe < PES; pe++) {
        address[n++] = gic_address(pe, reg, intids[0]);
    }
    for (unsigned i = NUM_PPIS; i < NUM_LINES; i++) {
        address[n++] = gic_address(0, reg, intids[i]);
    }
    return n;
}

static void write_sweep(Lockstep *l)
{
    const uint32_t code[] = {
        INSN_MOV(0, 4),
        0xf8408661,                         /* LDR X1, [X19], #8 */
        l->g->client_el == 2 ? INSN_SMC : INSN_HVC,
        0xf8008680,                         /* STR X0, [X20], #8 */
        0xd10006b5,                         /* SUB X21, X21, #1 */
        INSN_CBNZ(21, -20),
        0xf84086c1,                         /* LDR X1, [X22], #8 */
        INSN_LDR_W(0, 1),
        0xf8008680,                         /* STR X0, [X20], #8 */
        0xd10006f7,                         /* SUB X23, X23, #1 */
        INSN_CBNZ(23, -16),
        INSN_SVC(RUN_END_IMM),
    };
    uint64_t address[GIC_WORDS];
    unsigned n;

    /* Not through our mapping: QEMU has to know that code changes */
    guest_write_code(l->g, SWEEP_CODE, code, ARRAY_SIZE(code));
    for (unsigned ev = 0; ev < EVENTS; ev++) {
        store(l, SWEEP_EVENTS + ev * 8, l->model.event[ev].num);
    }
    n = gic_words(GIC_ISPENDR, address);
    n += gic_words(GIC_ISACTIVER, &address[n]);
    g_assert_cmpuint(n, ==, GIC_WORDS);
    for (unsigned i = 0; i < n; i++) {
        store(l, SWEEP_GIC + i * 8, address[i]);
    }
}

static void check_line(Lockstep *l, unsigned pe, unsigned i, unsigned of,
                       bool pending, bool active)
{
    const SDEIModelLine *line = sdei_model_line(&l->model, intids[i], of);
    bool owned = sdei_model_owns(&l->model, intids[i], of);

    if (owned) {
        /* The GIC learns how it stands when it is given back */
        l->forgotten[i][of] = false;
    }
    if (active != (line->active && !owned)) {
        mismatch(l, pe, "INTID %u of PE %u is%s active at the GIC", intids[i],
                 of, active ? "" : " not");
    }
    if (owned && pending) {
        mismatch(l, pe, "INTID %u of PE %u is the dispatcher's, but pending at "
                 "the GIC", intids[i], of);
    }
    /* If edges count, nothing is known: one may be latched */
    if (!owned && line->level && !line->edge && !l->forgotten[i][of] &&
        !pending) {
        mismatch(l, pe, "INTID %u of PE %u is high, but not pending at the GIC",
                 intids[i], of);
    }
}

static void check_lines(Lockstep *l, unsigned pe)
{
    for (unsigned i = 0; i < NUM_LINES; i++) {
        for (unsigned of = 0; of < lines_of(i); of++) {
            unsigned word = i < NUM_PPIS ? of : PES + i - NUM_PPIS;
            unsigned offset = SWEEP_RESULTS + (EVENTS + word) * 8;
            uint32_t mask = gic_mask(GIC_ISPENDR, intids[i]);

            check_line(l, pe, i, of, load_pe(l, pe, offset) & mask,
                       load_pe(l, pe, offset + GIC_WORDS / 2 * 8) & mask);
        }
    }
}

static void status_sweep(Lockstep *l, unsigned pe)
{
    const uint64_t x[31] = {
        [4] = SDEI_EVENT_STATUS,
        [19] = SWEEP_EVENTS,
        [20] = PE_AREA(pe) + SWEEP_RESULTS,
        [21] = EVENTS,
        [22] = SWEEP_GIC,
        [23] = GIC_WORDS,
    };
    uint64_t seq = post(l, pe, OP_RUN, x, SWEEP_CODE);

    wait_word(l, pe, PE_DONE, seq, "the PE does not come to rest");
    for (unsigned ev = 0; ev < EVENTS; ev++) {
        unsigned want = sdei_model_handler(&l->model, ev, pe)->status;
        uint64_t got = load_pe(l, pe, SWEEP_RESULTS + ev * 8);

        if (got != want) {
            mismatch(l, pe, "status of event 0x%x is %" PRIu64
                     ", the model says %u", l->model.event[ev].num, got, want);
        }
    }
    if (!guest_is_kvm()) {
        check_lines(l, pe);
    }
    if (load_pe(l, pe, PE_EXC_COUNT) != l->g->pe[pe].exceptions) {
        mismatch(l, pe, "unexpected exception");
    }
}

/* ---- Words in the GIC ---- */

static void write_change(Lockstep *l)
{
    const uint32_t code[] = {
        INSN_LDR_W(3, 0),
        0x0a210063,                         /* BIC W3, W3, W1 */
        0x2a020063,                         /* ORR W3, W3, W2 */
        INSN_STR_W(3, 0),
        INSN_SVC(RUN_END_IMM),
    };

    guest_write_code(l->g, CHANGE_CODE, code, ARRAY_SIZE(code));
}

/* PE @pe clears some bits of a word, then sets some */
static void change_word(Lockstep *l, unsigned pe, uint64_t address,
                        uint32_t clear, uint32_t set)
{
    const uint64_t x[31] = { address, clear, set };
    uint64_t seq = post(l, pe, OP_RUN, x, CHANGE_CODE);

    wait_word(l, pe, PE_DONE, seq, "a word is not changed");
}

/* ---- Steps ---- */

static const char *const what_name[STEP_COUNT] = {
    [STEP_TRIGGER] = "trigger",
    [STEP_NMI] = "NMI",
    [STEP_LINE] = "line",
    [STEP_STOPPED] = "stop and cont",
    [STEP_GIC_EDGE] = "edge or level",
    [STEP_GIC_ACTIVE] = "active or not",
    [STEP_CPU_OFF] = "CPU_OFF",
    [STEP_CPU_ON] = "CPU_ON",
    [STEP_RESET] = "machine reset",
};

static const char *step_name(unsigned what)
{
    return what < SDEI_MODEL_FN_COUNT ? sdei_fn_name(SDEI_FN(what))
                                      : what_name[what];
}

static unsigned random_what(Lockstep *l)
{
    /* What, and how often in 1024 steps */
    static const struct {
        uint8_t what;
        uint16_t weight;
    } weights[] = {
        { SDEI_MODEL_EVENT_REGISTER, 150 },
        { SDEI_MODEL_EVENT_ENABLE, 140 },
        { SDEI_MODEL_EVENT_DISABLE, 24 },
        { SDEI_MODEL_EVENT_CONTEXT, 24 },
        { SDEI_MODEL_EVENT_COMPLETE, 160 },
        { SDEI_MODEL_EVENT_COMPLETE_AND_RESUME, 40 },
        { SDEI_MODEL_EVENT_UNREGISTER, 24 },
        { SDEI_MODEL_EVENT_STATUS, 6 },
        { SDEI_MODEL_EVENT_GET_INFO, 20 },
        { SDEI_MODEL_EVENT_ROUTING_SET, 26 },
        { SDEI_MODEL_PE_MASK, 16 },
        { SDEI_MODEL_PE_UNMASK, 66 },
        { SDEI_MODEL_EVENT_SIGNAL, 46 },
        { SDEI_MODEL_PRIVATE_RESET, 3 },
        { SDEI_MODEL_SHARED_RESET, 2 },
        { SDEI_MODEL_INTERRUPT_BIND, 40 },
        { SDEI_MODEL_INTERRUPT_RELEASE, 12 },
        { STEP_TRIGGER, 68 },
        { STEP_NMI, 20 },
        { STEP_LINE, 80 },
        { STEP_STOPPED, 12 },
        { STEP_GIC_EDGE, 10 },
        { STEP_GIC_ACTIVE, 8 },
        { STEP_CPU_OFF, 8 },
        { STEP_CPU_ON, 18 },
        { STEP_RESET, 1 },
    };
    uint32_t at = below(l, 1024);

    for (unsigned i = 0; i < ARRAY_SIZE(weights); i++) {
        if (at < weights[i].weight) {
            return weights[i].what;
        }
        at -= weights[i].weight;
    }
    g_assert_not_reached();
}

/*
 * An event that is more often than not in one of the states that make a step
 * interesting; a set of bits, one for each value of EVENT_STATUS
 */
static uint32_t likely_event(Lockstep *l, unsigned pe, unsigned states)
{
    uint32_t ev;

    for (unsigned i = 0; i < 6; i++) {
        ev = below(l, EVENTS);
        if (l->model.event[ev].slot && !l->model.intid[ev] && !one_in(l, 16)) {
            continue;
        }
        if (states & (1u << sdei_model_handler(&l->model, ev, pe)->status)) {
            break;
        }
    }
    return ev;
}

#define ANY_STATE       0xff
#define UNREGISTERED    (1u << 0)
#define DISABLED        (1u << 1 | 1u << 5)
#define REGISTERED      (1u << 1 | 1u << 3 | 1u << 5 | 1u << 7)

static uint64_t random_event(Lockstep *l, unsigned pe, unsigned states)
{
    uint64_t num = l->model.event[likely_event(l, pe, states)].num;

    switch (below(l, 64)) {
    case 0:
        return rnd(l);
    case 1:
        return num ^ 0x80000000;
    case 2:
    case 3:
        /* The event is in the low 32 bits, the others mean nothing */
        return num | rnd(l) << 32;
    default:
        return num;
    }
}

static uint64_t random_affinity(Lockstep *l)
{
    uint64_t mpidr = l->model.pe[below(l, PES)].mpidr;

    switch (below(l, 32)) {
    case 0:
        return rnd(l);
    case 1:
        return mpidr ^ BIT_ULL(below(l, 64));
    case 2 ... 4:
        /* What MPIDR_EL1 reads as, and more that does not count */
        return mpidr | 0x80000000 | (rnd(l) & ~0xff00ffffffull);
    default:
        return mpidr;
    }
}

/* A small number as an argument of 32 bits: sometimes with bits above those */
static uint64_t random_u32(Lockstep *l, uint32_t n)
{
    uint64_t value = one_in(l, 32) ? (uint32_t)rnd(l) : below(l, n);

    return one_in(l, 16) ? value | rnd(l) << 32 : value;
}

static unsigned random_line(Lockstep *l)
{
    unsigned first = guest_is_kvm() ? NUM_PPIS : 0;

    return first + below(l, NUM_LINES - first);
}

/* One of ours, or one that cannot be bound */
static uint64_t random_intid(Lockstep *l)
{
    static const uint32_t bad[] = {
        0, 15, SDEI_MODEL_SECURE_PPI, NUM_INTIDS, 1019, 1023, 8192, UINT32_MAX,
    };
    uint64_t intid = one_in(l, 8) ? bad[below(l, ARRAY_SIZE(bad))]
                                  : intids[random_line(l)];

    return one_in(l, 16) ? intid | rnd(l) << 32 : intid;
}

/* Where a handler starts; if it is not to be refused it has to exist */
static uint64_t random_entry(Lockstep *l, bool relative)
{
    unsigned n = below(l, HANDLER_PROBE);
    uint64_t entry = relative ? GUEST_HANDLER_OFFSET(n) : GUEST_HANDLER(n);

    if (one_in(l, 32)) {
        return entry + 1 + below(l, 3);
    }
    return one_in(l, 32) && !relative ? 0 : entry;
}

static void random_args(Lockstep *l, unsigned pe, unsigned what,
                        uint64_t x[5])
{
    memset(x, 0, 5 * sizeof(x[0]));
    switch (what) {
    case SDEI_MODEL_EVENT_REGISTER:
        x[0] = random_event(l, pe, UNREGISTERED);
        x[3] = below(l, 4);
        x[1] = random_entry(l, x[3] & SDEI_REGISTER_RELATIVE);
        x[2] = rnd(l);
        if (one_in(l, 32)) {
            x[3] |= BIT_ULL(2 + below(l, 62));
        }
        x[4] = random_affinity(l);
        break;
    case SDEI_MODEL_EVENT_ENABLE:
        x[0] = random_event(l, pe, DISABLED);
        break;
    case SDEI_MODEL_EVENT_DISABLE:
    case SDEI_MODEL_EVENT_UNREGISTER:
    case SDEI_MODEL_EVENT_STATUS:
        x[0] = random_event(l, pe, ANY_STATE);
        break;
    case SDEI_MODEL_EVENT_GET_INFO:
        x[0] = random_event(l, pe, ANY_STATE);
        x[1] = random_u32(l, 6);
        break;
    case SDEI_MODEL_EVENT_ROUTING_SET:
        x[0] = random_event(l, pe, DISABLED);
        x[1] = one_in(l, 16) ? BIT_ULL(below(l, 64)) : below(l, 2);
        x[2] = random_affinity(l);
        break;
    case SDEI_MODEL_EVENT_SIGNAL:
        x[0] = one_in(l, 4) ? random_event(l, pe, ANY_STATE) : 0;
        x[1] = random_affinity(l);
        break;
    case SDEI_MODEL_INTERRUPT_BIND:
        x[0] = random_intid(l);
        break;
    case SDEI_MODEL_INTERRUPT_RELEASE:
        x[0] = l->model.event[FIRST_SLOT + below(l, 2 * SLOTS_OF_KIND)].num;
        if (one_in(l, 8)) {
            x[0] = random_event(l, pe, ANY_STATE);
        }
        break;
    case SDEI_MODEL_EVENT_CONTEXT:
        x[0] = random_u32(l, 20);
        break;
    case SDEI_MODEL_EVENT_COMPLETE:
        x[0] = random_u32(l, 2);
        break;
    case SDEI_MODEL_EVENT_COMPLETE_AND_RESUME:
        x[0] = GUEST_RESUME(below(l, RESUMES));
        if (one_in(l, 16)) {
            x[0] += 1 + below(l, 3);
        }
        break;
    }
}

/* COMPLETE and COMPLETE_AND_RESUME that the model has let pass */
static void step_leave(Lockstep *l, unsigned pe, unsigned what,
                       const uint64_t args[5])
{
    LockstepPE *p = &l->pe[pe];
    uint64_t x[31];

    /* X2-X17 are to come back as they were */
    for (unsigned i = 0; i < ARRAY_SIZE(x); i++) {
        x[i] = rnd(l);
    }
    x[0] = SDEI_FN(what);
    x[1] = args[0];
    p->resuming = what == SDEI_MODEL_EVENT_COMPLETE_AND_RESUME ||
                  p->at_resume[p->depth];
    p->depth--;
    post(l, pe, l->g->client_el == 2 ? OP_LEAVE_SMC : OP_LEAVE_HVC, x, 0);
    settle_step(l, pe, p->depth);
    /*
     * Nothing to settle does not mean that the PE has come to make the call,
     * but its next order is carried out after that.  Others look later.
     */
    status_sweep(l, pe);
}

/*
 * COMPLETE_AND_RESUME overwrites ELR, and so must not be used by a handler
 * that may have interrupted code which still needs it: at the start of what
 * an earlier COMPLETE_AND_RESUME resumed.
 */
static bool may_resume(const LockstepPE *p)
{
    for (unsigned i = 1; i <= p->depth; i++) {
        if (p->at_resume[i]) {
            return false;
        }
    }
    return true;
}

/* What EVENT_CONTEXT must give; only where that is known */
static bool known_context(Lockstep *l, unsigned pe, uint32_t i,
                          uint64_t *value)
{
    LockstepPE *p = &l->pe[pe];
    const Order *below_it = &p->order[p->depth - 1];

    if (i >= 4) {
        *value = load(l, p->frame[p->depth] + FRAME_X(i));
        return true;
    }
    *value = below_it->result;
    return i == 0 && below_it->seq && !below_it->unchecked;
}

/* It delivers nothing, so that the model can be asked afterwards */
static void step_bind(Lockstep *l, unsigned pe, uint64_t x[5])
{
    int64_t want;

    call(l, pe, "INTERRUPT_BIND", SDEI_INTERRUPT_BIND, x, 0, true);
    x[1] = result_of(l, pe, l->pe[pe].seq);
    log_line(l, " = %" PRId64, x[1]);
    want = sdei_model_call(&l->model, pe, SDEI_MODEL_INTERRUPT_BIND, x);
    if (want != (int64_t)x[1]) {
        mismatch(l, pe, "INTERRUPT_BIND returned %" PRId64 ", the model says %"
                 PRId64, x[1], want);
    }
}

/* Is this the event of a bound interrupt that is active at the GIC? */
static bool is_denied_active(Lockstep *l, uint32_t num)
{
    uint32_t ev = sdei_model_find(&l->model, num);
    uint32_t intid = ev == SDEI_MODEL_NONE ? 0 : l->model.intid[ev];

    for (unsigned pe = 0; intid && pe < PES; pe++) {
        if (sdei_model_line(&l->model, intid, pe)->active) {
            return true;
        }
    }
    return false;
}

static void step_call(Lockstep *l, unsigned pe, unsigned what)
{
    uint64_t x[5], value = 0;
    int64_t result;
    bool unchecked = false;

    random_args(l, pe, what, x);
    log_line(l, "(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
             ", 0x%" PRIx64 ")", x[0], x[1], x[2], x[3], x[4]);
    if (what == SDEI_MODEL_INTERRUPT_BIND) {
        step_bind(l, pe, x);
        return;
    }
    l->denied_active += what == SDEI_MODEL_INTERRUPT_RELEASE &&
                        is_denied_active(l, x[0]);
    result = sdei_model_call(&l->model, pe, what, x);
    log_line(l, " = %" PRId64, result);
    if (result == 0 && (what == SDEI_MODEL_EVENT_COMPLETE ||
                        what == SDEI_MODEL_EVENT_COMPLETE_AND_RESUME)) {
        step_leave(l, pe, what, x);
        return;
    }
    if (what == SDEI_MODEL_EVENT_CONTEXT && result == 0) {
        unchecked = !known_context(l, pe, x[0], &value);
        result = value;
    }
    call(l, pe, sdei_fn_name(SDEI_FN(what)), SDEI_FN(what), x, result,
         unchecked);
}

/* ---- What comes from outside, whether the VM runs or not ---- */

static void trigger(Lockstep *l)
{
    unsigned pe = below(l, PES);
    uint32_t ev = FIRST_USER + below(l, USER_EVENTS);
    const UserEvent *e;
    QDict *response;
    bool accepted;

    for (unsigned i = 0; i < 4; i++) {
        if (sdei_model_handler(&l->model, ev, pe)->status & 1) {
            break;
        }
        ev = FIRST_USER + below(l, USER_EVENTS);
    }
    e = &user_events[ev - FIRST_USER];
    accepted = sdei_model_trigger(&l->model, ev, pe);
    log_line(l, " %s on PE %u = %s", e->id, pe,
             accepted ? "accepted" : "refused");
    if (e->shared) {
        response = qtest_qmp(l->g->qts, "{ 'execute': 'sdei-trigger-event',"
                             "  'arguments': { 'id': %s } }", e->id);
    } else {
        response = qtest_qmp(l->g->qts, "{ 'execute': 'sdei-trigger-event',"
                             "  'arguments': { 'id': %s, 'cpu-index': %u } }",
                             e->id, pe);
    }
    if (qdict_haskey(response, "error") == accepted) {
        mismatch(l, pe, "sdei-trigger-event %s",
                 accepted ? "fails" : "succeeds");
    }
    qobject_unref(response);
}

/* The critical event from the monitor, which is refused unless enabled */
static void inject_nmi(Lockstep *l)
{
    bool accepted = sdei_model_handler(&l->model, AGDI, 0)->status & 2;
    QDict *response;

    log_line(l, " NMI = %s", accepted ? "accepted" : "refused");
    if (accepted) {
        sdei_model_trigger(&l->model, AGDI, 0);
    }
    response = qtest_qmp(l->g->qts, "{ 'execute': 'inject-nmi' }");
    if (qdict_haskey(response, "error") == accepted) {
        mismatch(l, 0, "inject-nmi %s", accepted ? "fails" : "succeeds");
    }
    qobject_unref(response);
}

static void move_line(Lockstep *l)
{
    unsigned i = random_line(l), pe = below(l, lines_of(i));
    bool level = one_in(l, 2);

    log_line(l, " INTID %u of PE %u %s", intids[i], pe, level ? "high" : "low");
    sdei_model_set_line(&l->model, intids[i], pe, level);
    l->forgotten[i][pe] = false;
    line_set(l->g, intids[i], pe, level);
}

static void acts(Lockstep *l, unsigned n)
{
    while (n--) {
        switch (below(l, 8)) {
        case 0:
            inject_nmi(l);
            break;
        case 1 ... 3:
            trigger(l);
            break;
        default:
            move_line(l);
            break;
        }
    }
}

static void step_stopped(Lockstep *l)
{
    qtest_qmp_assert_success(l->g->qts, "{ 'execute': 'stop' }");
    acts(l, 1 + below(l, 4));
    qtest_qmp_assert_success(l->g->qts, "{ 'execute': 'cont' }");
}

/* ---- The client's GIC ---- */

static void step_gic_edge(Lockstep *l, unsigned by)
{
    unsigned i = random_line(l), pe = below(l, lines_of(i));
    uint32_t mask = gic_mask(GIC_ICFGR, intids[i]);
    bool edge = one_in(l, 2);

    log_line(l, " INTID %u of PE %u %s", intids[i], pe,
             edge ? "edge" : "level");
    sdei_model_line(&l->model, intids[i], pe)->edge = edge;
    change_word(l, by, gic_address(pe, GIC_ICFGR, intids[i]),
                mask, edge ? mask : 0);
}

/* As if the client had acknowledged it, or ended it */
static void step_gic_active(Lockstep *l, unsigned by)
{
    unsigned i = random_line(l), pe = below(l, lines_of(i));
    bool active = one_in(l, 2);

    log_line(l, " INTID %u of PE %u", intids[i], pe);
    if (sdei_model_owns(&l->model, intids[i], pe)) {
        log_line(l, ", no");
        return;
    }
    log_line(l, " %s", active ? "active" : "not active");
    sdei_model_line(&l->model, intids[i], pe)->active = active;
    change_word(l, by, gic_address(pe, active ? GIC_ISACTIVER : GIC_ICACTIVER,
                                   intids[i]),
                UINT32_MAX, gic_mask(GIC_ISACTIVER, intids[i]));
}

/* ---- Power ---- */

/* Some PE that is on, from @pe on; there always is one */
static unsigned find_on(Lockstep *l, unsigned pe)
{
    while (!l->pe[pe % PES].on) {
        pe++;
    }
    return pe % PES;
}

static void adopt_pe(Lockstep *l, unsigned pe)
{
    l->pe[pe] = (LockstepPE) {
        .on = true,
        .seq = load_pe(l, pe, PE_REQ),
        .last_ticket = load(l, GLOBAL_BASE + GLOBAL_TICKET),
        .changed = true,
    };
    for (unsigned i = 0; i < HANDLERS; i++) {
        store(l, PE_AREA(pe) + PE_ENTRY(i) + ENTRY_MODE, MODE_SERVE);
    }
}

static void step_off(Lockstep *l, unsigned pe)
{
    const uint64_t x[31] = { PSCI_CPU_OFF };
    const uint64_t args[5] = { l->model.pe[pe].mpidr };
    GuestWait wait = { };
    unsigned by;

    l->pe[pe].on = false;
    by = find_on(l, pe + 1);
    l->off_in_handler += l->pe[pe].depth != 0;
    sdei_model_pe_off(&l->model, pe);
    post(l, pe, l->g->client_el == 2 ? OP_SMC : OP_HVC, x, 0);
    wait_word(l, pe, PE_TAKEN, l->pe[pe].seq, "CPU_OFF is not taken");
    /* What it leaves behind may go to another PE, before that gets orders */
    settle_step(l, by, l->pe[by].depth);
    do {
        if (!guest_wait_more(&wait)) {
            mismatch(l, pe, "is not off");
        }
        call(l, by, "AFFINITY_INFO", PSCI_AFFINITY_INFO, args, 0, true);
    } while (result_of(l, by, l->pe[by].seq) != PSCI_AFFINITY_OFF);
}

static void step_on(Lockstep *l, unsigned pe)
{
    const uint64_t args[5] = {
        l->model.pe[pe].mpidr, GUEST_SECONDARY, pe
    };
    bool was_on = l->pe[pe].on;
    unsigned by = find_on(l, pe + 1);

    if (!was_on) {
        store(l, PE_AREA(pe) + PE_READY, 0);
    }
    call(l, by, "CPU_ON", PSCI_CPU_ON, args, was_on ? PSCI_ALREADY_ON : 0,
         false);
    if (!was_on) {
        wait_word(l, pe, PE_READY, READY_MAGIC, "does not come up");
        adopt_pe(l, pe);
    }
}

static void step_reset(Lockstep *l)
{
    for (unsigned i = 0; i < NUM_LINES; i++) {
        for (unsigned pe = 0; pe < lines_of(i); pe++) {
            SDEIModelLine *line = sdei_model_line(&l->model, intids[i], pe);

            line->edge = false;
            line->active = false;
            l->forgotten[i][pe] = true;
        }
    }
    sdei_model_reset(&l->model);
    guest_reset(l->g);
    for (unsigned pe = 0; pe < PES; pe++) {
        adopt_pe(l, pe);
    }
}

static unsigned num_on(Lockstep *l)
{
    unsigned n = 0;

    for (unsigned pe = 0; pe < PES; pe++) {
        n += l->pe[pe].on;
    }
    return n;
}

static void step(Lockstep *l)
{
    unsigned what = random_what(l);
    unsigned pe = below(l, PES);

    if (what != STEP_CPU_ON) {
        pe = find_on(l, pe);
    }
    if ((what == SDEI_MODEL_EVENT_COMPLETE ||
         what == SDEI_MODEL_EVENT_COMPLETE_AND_RESUME) && !one_in(l, 16)) {
        /* Without one to end it would say DENIED most of the time */
        for (unsigned i = 0; i < PES && !l->pe[pe].depth; i++) {
            pe = find_on(l, pe + 1);
        }
        if (!l->pe[pe].depth) {
            what = SDEI_MODEL_EVENT_ENABLE;
        }
    }
    if (what == STEP_CPU_OFF && num_on(l) == 1) {
        what = STEP_CPU_ON;
    }
    l->done[what]++;
    log_line(l, "%" PRIu64 ": PE %u: %s", l->steps, pe, step_name(what));
    switch (what) {
    case STEP_TRIGGER:
        trigger(l);
        settle_step(l, pe, l->pe[pe].depth);
        break;
    case STEP_NMI:
        inject_nmi(l);
        settle_step(l, pe, l->pe[pe].depth);
        break;
    case STEP_LINE:
        move_line(l);
        settle_step(l, pe, l->pe[pe].depth);
        l->pe[pe].changed = true;
        break;
    case STEP_STOPPED:
        step_stopped(l);
        settle_step(l, pe, l->pe[pe].depth);
        l->pe[pe].changed = true;
        break;
    case STEP_GIC_EDGE:
        step_gic_edge(l, pe);
        break;
    case STEP_GIC_ACTIVE:
        step_gic_active(l, pe);
        l->pe[pe].changed = true;
        break;
    case STEP_CPU_OFF:
        step_off(l, pe);
        break;
    case STEP_CPU_ON:
        step_on(l, pe);
        break;
    case STEP_RESET:
        step_reset(l);
        break;
    case SDEI_MODEL_EVENT_COMPLETE_AND_RESUME:
        if (!may_resume(&l->pe[pe])) {
            what = SDEI_MODEL_EVENT_COMPLETE;
            log_line(l, ", no, EVENT_COMPLETE");
        }
        /* fall through */
    default:
        step_call(l, pe, what);
        l->pe[pe].changed = true;
        break;
    }
    for (pe = 0; pe < PES; pe++) {
        if (l->pe[pe].on && l->pe[pe].changed) {
            l->pe[pe].changed = false;
            status_sweep(l, pe);
        }
        l->pe[pe].resuming = false;
    }
    observe(l);
    end_line(l);
    l->steps++;
}

/* ---- The test ---- */

static uint64_t from_environment(const char *name, uint64_t value)
{
    const char *text = g_getenv(name);

    if (text && qemu_strtou64(text, NULL, 0, &value)) {
        g_error("%s=%s is not a number", name, text);
    }
    return value;
}

static void check_visited(uint64_t count, const char *what)
{
    if (count == 0) {
        g_test_message("the random walk never met: %s", what);
        g_test_fail();
    }
}

static void check_coverage(Lockstep *l)
{
    for (unsigned i = 0; i < 4; i++) {
        check_visited(l->delivered[i / 2][i % 2], "a delivery");
    }
    for (unsigned pe = 0; pe < PES; pe++) {
        check_visited(l->any_on[pe], "RM_ANY on each PE");
    }
    for (unsigned what = 0; what < STEP_COUNT; what++) {
        if (what_name[what]) {
            check_visited(l->done[what], what_name[what]);
        }
    }
    check_visited(l->nested, "two handlers on a PE");
    check_visited(l->interrupted, "a call that an event interrupts");
    check_visited(l->off_in_handler, "CPU_OFF in a handler");
    check_visited(guest_is_kvm() || l->by_line[0], "the event of a PPI");
    check_visited(l->by_line[1], "the event of an SPI");
    check_visited(l->denied_active, "RELEASE of what is active");
}

static void lockstep_init(Lockstep *l)
{
    SDEIModelEvent event[EVENTS] = {
        { .num = 0, .signalable = true },
        [AGDI] = { .num = EVENT_AGDI, .shared = true, .critical = true },
    };
    uint64_t mpidr[PES];

    for (unsigned i = 0; i < SLOTS_OF_KIND; i++) {
        event[FIRST_SLOT + i] = (SDEIModelEvent) {
            .num = BOUND_PPI_FIRST + i,
            .slot = true,
        };
        event[FIRST_SLOT + SLOTS_OF_KIND + i] = (SDEIModelEvent) {
            .num = BOUND_SPI_FIRST + i,
            .shared = true,
            .slot = true,
        };
    }
    for (unsigned i = 0; i < USER_EVENTS; i++) {
        event[FIRST_USER + i] = (SDEIModelEvent) {
            .num = user_events[i].num,
            .shared = user_events[i].shared,
            .critical = user_events[i].critical,
        };
    }
    for (unsigned pe = 0; pe < PES; pe++) {
        mpidr[pe] = guest_affinity(l->g, pe);
        adopt_pe(l, pe);
    }
    sdei_model_init(&l->model, event, EVENTS, mpidr, PES,
                    SDEI_REGISTER_RM_PE | SDEI_REGISTER_RELATIVE);
    l->model.concurrent = true;
    sdei_model_set_gic(&l->model, NUM_INTIDS);
    l->model.fault = from_environment("SDEI_MODEL_FAULT", SDEI_MODEL_NO_FAULT);
    bound_init(l->g);
    for (unsigned pe = 0; pe < PES && !guest_is_kvm(); pe++) {
        line_set(l->g, intids[2], pe, false);
    }
    line_set(l->g, intids[NUM_LINES - 1], 0, false);
    write_sweep(l);
    write_change(l);
}

typedef struct LockstepCase {
    const char *path;
    const char *machine;
    const char *accel;
    unsigned share;         /* does this part of the steps */
    unsigned snapshots;     /* or goes back so many times ... */
    unsigned migrations;    /* ... or is migrated so many times */
    bool kvm;               /* can be done under KVM */
} LockstepCase;

static const LockstepCase lockstep_cases[] = {
    { "el1", "gic-version=3", NULL, 1, .kvm = true },
    { "el2", "gic-version=3,virtualization=on", NULL, 10, .kvm = true },
    { "el1-single-thread", "gic-version=3", "tcg,thread=single", 10 },
    { "el1-snapshots", "gic-version=3", NULL, 10, 200, .kvm = true },
    { "el1-migrations", "gic-version=3", NULL, 10, .migrations = 30 },
};

static void sweep_all(Lockstep *l)
{
    for (unsigned i = 0; i < PES; i++) {
        if (l->pe[i].on) {
            status_sweep(l, i);
        }
    }
}

/* Save, walk on, and be back where it was */
static void there_and_back(Lockstep *l)
{
    const SDEIModel *m = &l->model;
    g_autofree Guest *guest = g_memdup2(l->g, sizeof(*l->g));
    g_autofree SDEIModelHandler *handler =
        g_memdup2(m->handler, m->num_events * m->num_pes * sizeof(*handler));
    g_autofree SDEIModelPE *pe = g_memdup2(m->pe, m->num_pes * sizeof(*pe));
    g_autofree uint32_t *intid =
        g_memdup2(m->intid, m->num_events * sizeof(*intid));
    g_autofree SDEIModelLine *line =
        g_memdup2(m->line, m->num_intids * m->num_pes * sizeof(*line));
    bool forgotten[NUM_LINES][PES];
    LockstepPE lockstep_pe[PES];
    unsigned steps = below(l, 16);

    memcpy(lockstep_pe, l->pe, sizeof(lockstep_pe));
    memcpy(forgotten, l->forgotten, sizeof(forgotten));
    snapshot_save(l->g->qts, "lockstep");
    for (unsigned i = 0; i < steps; i++) {
        step(l);
    }
    snapshot_load(l->g->qts, "lockstep");
    snapshot_delete(l->g->qts, "lockstep");
    log_line(l, "%" PRIu64 ": back to %u steps ago", l->steps, steps);
    end_line(l);
    l->steps++;

    *l->g = *guest;
    memcpy(m->handler, handler,
           m->num_events * m->num_pes * sizeof(*handler));
    memcpy(m->pe, pe, m->num_pes * sizeof(*pe));
    memcpy(m->intid, intid, m->num_events * sizeof(*intid));
    memcpy(m->line, line, m->num_intids * m->num_pes * sizeof(*line));
    memcpy(l->pe, lockstep_pe, sizeof(lockstep_pe));
    memcpy(l->forgotten, forgotten, sizeof(forgotten));
    sweep_all(l);
}

static void walk_with_snapshots(Lockstep *l, unsigned snapshots)
{
    g_autofree char *path = g_strdup_printf("%s/arm-sdei-%d.qcow2",
                                            g_get_tmp_dir(), getpid());

    snapshot_attach(l->g->qts, path);
    g_unlink(path);
    for (unsigned i = 0; i < snapshots; i++) {
        unsigned steps = 1 + below(l, 32);

        for (unsigned j = 0; j < steps; j++) {
            step(l);
        }
        there_and_back(l);
    }
}

/* The RAM is the same there: it does not change while the guest is stopped */
static void migrate(Lockstep *l)
{
    QTestState *from = l->g->qts;
    Guest *there = guest_move(l->g, ROUTE_FILE, NULL);

    l->g->qts = there->qts;
    g_free(there);
    qtest_quit(from);
    log_line(l, ", migrated");
}

/* The guest does not run between the migrations, but the world goes on */
static void walk_with_migrations(Lockstep *l, unsigned migrations)
{
    for (unsigned i = 0; i < migrations; ) {
        unsigned steps = 1 + below(l, 64), legs = 1 + below(l, 3);
        unsigned pe;

        for (unsigned j = 0; j < steps; j++) {
            step(l);
        }
        pe = find_on(l, below(l, PES));
        log_line(l, "%" PRIu64 ":", l->steps);
        qtest_qmp_assert_success(l->g->qts, "{ 'execute': 'stop' }");
        acts(l, below(l, 3));
        for (unsigned j = 0; j < legs; j++, i++) {
            migrate(l);
            acts(l, below(l, 4));
        }
        guest_continue(l->g);
        settle_step(l, pe, l->pe[pe].depth);
        sweep_all(l);
        end_line(l);
        l->steps++;
    }
}

static void test_lockstep(const void *data)
{
    const LockstepCase *c = data;
    g_autoptr(GError) err = NULL;
    g_autofree char *path = NULL;
    g_autofree char *machine = g_strdup_printf("%s,memory-backend=ram",
                                               c->machine);
    g_autofree char *args = NULL;
    g_autofree Lockstep *l = g_new0(Lockstep, 1);
    uint64_t steps = from_environment("SDEI_MODEL_STEPS",
                                      DEFAULT_STEPS / c->share);
    int64_t start = g_get_monotonic_time();
    GuestConfig config;
    int fd;

    l->seed = from_environment("SDEI_MODEL_SEED", 1);
    l->random = l->seed;
    l->line = g_string_new(NULL);
    g_test_message("SDEI_MODEL_SEED=%" PRIu64, l->seed);

    fd = g_file_open_tmp("arm-sdei-ram-XXXXXX", &path, &err);
    g_assert_no_error(err);
    g_assert_cmpint(ftruncate(fd, RAM_SIZE), ==, 0);
    l->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g_assert(l->ram != MAP_FAILED);
    args = g_strdup_printf(USER_EVENTS_ARGS " -m 64 "
                           "-object memory-backend-file,id=ram,size=%" PRIu64
                           ",mem-path=%s,share=on",
                           (uint64_t)RAM_SIZE, path);
    config = (GuestConfig) {
        .cpus = PES,
        .machine = machine,
        .accel = c->accel,
        .args = args,
    };
    l->g = guest_start(&config);
    lockstep_init(l);

    if (c->snapshots) {
        walk_with_snapshots(l, c->snapshots);
        steps = l->steps;
    }
    if (c->migrations) {
        walk_with_migrations(l, c->migrations);
        steps = l->steps;
    }
    while (l->steps < steps) {
        step(l);
    }

    g_test_message("%" PRIu64 " steps in %" PRId64 " ms; handlers entered: %"
                   PRIu64 " private, %" PRIu64 " shared, %" PRIu64 " nested; %"
                   PRIu64 " calls interrupted, %" PRIu64
                   " times off in a handler", steps,
                   (g_get_monotonic_time() - start) / 1000,
                   l->delivered[0][0] + l->delivered[0][1],
                   l->delivered[1][0] + l->delivered[1][1], l->nested,
                   l->interrupted, l->off_in_handler);
    if (steps >= MANY_STEPS) {
        check_coverage(l);
    }
    /* Its RAM is gone, and so are the strings of its configuration */
    guest_finish();
    g_unlink(path);
    munmap(l->ram, RAM_SIZE);
    close(fd);
    sdei_model_destroy(&l->model);
    g_string_free(l->line, true);
    for (unsigned i = 0; i < STEPS_IN_REPORT; i++) {
        g_free(l->report[i]);
    }
}

void add_lockstep_tests(void)
{
    /* Minutes on a machine of two cores */
    if (!g_test_slow()) {
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(lockstep_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/lockstep/%s",
                                                lockstep_cases[i].path);

        if (guest_is_kvm() &&
            (!lockstep_cases[i].kvm ||
             (strstr(lockstep_cases[i].machine, "virtualization=on") &&
              !guest_has_nested_kvm()))) {
            continue;
        }
        qtest_add_data_func(path, &lockstep_cases[i], test_lockstep);
    }
}
