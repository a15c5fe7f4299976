/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: migration streams, valid and hostile
 *
 * The device's own VMState and the module that keeps its events, with nothing
 * around them: no CPU, no GIC, no machine.  Random calls make a state with all
 * that a stream can hold.  Saved and loaded again it has to be the same.  Then
 * its stream is mutated; each load has to end either in a legal state, which
 * goes on to work, or in an error that says something and leaves a legal state
 * behind.  Built with sanitizers this also finds what is wrong without being
 * seen.
 *
 * SDEI_STREAM_SEED    seed of all
 * SDEI_STREAM_RANDOM  how many random mutations (20000)
 * SDEI_STREAM_TAKEN   folder of streams to be mutated as well: the device's
 *                     section of them, of a machine like the one here
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "io/channel-buffer.h"
#include "migration/vmstate.h"
#include "monitor/monitor.h"
#include "migration/qemu-file-types.h"
#include "../migration/qemu-file.h"
#include "../../target/arm/sdei-internal.h"
#include "../qtest/arm-sdei/random.h"

#define NUM_PES         4
#define NUM_IRQ         288     /* as the virt machine has */
#define NUM_LINES       (NUM_IRQ - 32 + 32 * NUM_PES)
#define DEFAULT_RANDOM  20000
#define MAX_STREAM      16384

/* PSTATE, as far as this machine has it */
#define PSTATE_EL1H     5
#define PSTATE_M        0x1full
#define PSTATE_VALID    0xf3f03fdfull

static const SDEIEventDef fixed_events[] = {
    { .num = SDEI_EVENT_SW_SIGNALED, .signalable = true },
    { .num = SDEI_EVENT_AGDI, .type = SDEI_TYPE_SHARED,
      .priority = SDEI_PRIO_CRITICAL },
    { .num = SDEI_EVENT_GHES, .type = SDEI_TYPE_SHARED,
      .priority = SDEI_PRIO_CRITICAL },
    { .num = SDEI_EVENT_USER_FIRST + 1 },
    { .num = SDEI_EVENT_USER_FIRST + 2, .priority = SDEI_PRIO_CRITICAL },
    { .num = SDEI_EVENT_USER_FIRST + 3, .type = SDEI_TYPE_SHARED },
    { .num = SDEI_EVENT_USER_FIRST + 4, .type = SDEI_TYPE_SHARED,
      .priority = SDEI_PRIO_CRITICAL },
};

static uint64_t seed;

/* ---- What the rest of QEMU would be ---- */

/* Errors: tens of thousands of them are expected */
#if QEMU_VERSION_MAJOR < 11
int error_vprintf(const char *fmt, va_list ap)
{
    return 0;
}

int error_vprintf_unless_qmp(const char *fmt, va_list ap)
{
    return 0;
}
#else
Monitor *monitor_cur(void)
{
    return NULL;
}

bool monitor_cur_is_qmp(void)
{
    return false;
}

int monitor_vprintf(Monitor *mon, const char *fmt, va_list ap)
{
    return 0;
}
#endif

static uint32_t line_of(uint32_t pe, uint32_t intid)
{
    return intid >= 32 ? intid - 32 : NUM_IRQ - 32 + pe * 32 + intid;
}

int64_t sdei_irq_check(SDEIState *s, uint32_t intid)
{
    return intid >= 16 && intid < NUM_IRQ ? SDEI_SUCCESS
                                          : SDEI_INVALID_PARAMETERS;
}

void sdei_irq_loaded(SDEIState *s)
{
}

void sdei_irq_ask_levels(SDEIState *s)
{
}

void sdei_report_client_change(SDEIState *s)
{
}

bool sdei_irq_level(SDEIState *s, uint32_t pe, uint32_t intid)
{
    g_assert_cmpuint(line_of(pe, intid), <, NUM_LINES);
    return test_bit(line_of(pe, intid), s->line_level);
}

bool sdei_pstate_is_legal(SDEIState *s, uint32_t pe, uint64_t pstate)
{
    g_assert_cmpuint(pe, <, NUM_PES);
    switch (pstate & PSTATE_M) {
    case 0:
    case 4:
    case PSTATE_EL1H:
    case 0x10:
        return !(pstate & ~PSTATE_VALID);
    default:
        return false;
    }
}

/* ---- A dispatcher ---- */

static SDEIState *dispatcher_new(void)
{
    g_autoptr(GArray) defs = g_array_new(false, false, sizeof(SDEIEventDef));
    SDEIState *s = g_new0(SDEIState, 1);
    uint64_t mpidr[NUM_PES];
    uint32_t i;

    g_array_append_vals(defs, fixed_events, ARRAY_SIZE(fixed_events));
    for (i = 0; i < SDEI_NUM_PPI_SLOTS; i++) {
        SDEIEventDef def = { .num = SDEI_EVENT_BOUND_PPI_FIRST + i,
                             .bindable = true };
        g_array_append_val(defs, def);
    }
    for (i = 0; i < SDEI_NUM_SPI_SLOTS; i++) {
        SDEIEventDef def = { .num = SDEI_EVENT_BOUND_SPI_FIRST + i,
                             .type = SDEI_TYPE_SHARED, .bindable = true };
        g_array_append_val(defs, def);
    }
    for (i = 0; i < NUM_PES; i++) {
        mpidr[i] = i;
    }
    sdei_events_init(&s->events, (SDEIEventDef *)defs->data, defs->len, mpidr,
                     NUM_PES, SDEI_REGISTER_RM_PE | SDEI_REGISTER_RELATIVE);
    s->version_result = 0x0001000100000000ull;
    s->client_el = 1;
    s->num_irq = NUM_IRQ;
    s->cpu = g_new0(SDEICPUState, NUM_PES);
    s->num_lines = NUM_LINES;
    s->line_level = bitmap_new(NUM_LINES);
    s->saved = sdei_saved_new(s);
    return s;
}

static void dispatcher_free(SDEIState *s)
{
    sdei_events_destroy(&s->events);
    sdei_saved_free(s->saved);
    g_free(s->line_level);
    g_free(s->cpu);
    g_free(s);
}

static uint32_t num_handlers(const SDEIEvents *m, uint32_t ev)
{
    return m->event[ev].def.type == SDEI_TYPE_SHARED ? 1 : m->num_pes;
}

static void register_event(SDEIState *s, uint32_t pe, uint32_t num,
                           uint64_t *r)
{
    SDEIEvents *m = &s->events;
    uint64_t flags = below(r, 4);
    uint64_t entry = 0x40080000 + 4 * below(r, 1000);
    uint64_t mpidr = below(r, NUM_PES);
    uint32_t ev = sdei_events_find(m, num);

    if (sdei_event_can_register(m, pe, num, entry, flags, mpidr)) {
        return;
    }
    if (m->event[ev].intid) {
        sdei_line_taken(m, ev, pe, below(r, 2),
                        sdei_irq_level(s, pe, m->event[ev].intid));
    }
    sdei_event_register(m, pe, num, entry, rnd(r), flags, mpidr);
}

static void set_line(SDEIState *s, uint64_t *r)
{
    SDEIEvents *m = &s->events;
    uint32_t n = below(r, 4) ? below(r, 6) : below(r, NUM_LINES);
    uint32_t spis = NUM_IRQ - 32;
    uint32_t intid, pe, ev;
    bool level = below(r, 2);

    if (below(r, 2)) {
        n = spis + (n % NUM_PES) * 32 + 16 + n / NUM_PES;
    }
    n %= NUM_LINES;
    intid = n < spis ? n + 32 : (n - spis) % 32;
    pe = n < spis ? 0 : (n - spis) / 32;
    ev = sdei_events_find_intid(m, intid);
    if (level) {
        set_bit(n, s->line_level);
    } else {
        clear_bit(n, s->line_level);
    }
    if (intid && sdei_owns_line(m, pe, intid)) {
        sdei_line_changed(m, ev, pe, level);
    }
}

static uint32_t some_event(const SDEIEvents *m, uint64_t *r)
{
    for (int i = 0; i < 8; i++) {
        const SDEIEvent *event = &m->event[below(r, m->num_events)];

        if (!event->def.bindable || event->intid) {
            return event->def.num;
        }
    }
    return SDEI_EVENT_SW_SIGNALED;
}

/* The best event of each PE, as the device delivers it */
static void deliver(SDEIState *s, uint64_t *r)
{
    SDEIEvents *m = &s->events;

    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        uint32_t ev = sdei_next_event(m, pe);
        SDEIContext *context;

        if (ev == SDEI_NONE) {
            continue;
        }
        sdei_dispatch(m, pe, ev);
        context = &s->cpu[pe].context[m->event[ev].def.priority];
        for (int i = 0; i < SDEI_CONTEXT_REGS; i++) {
            context->x[i] = rnd(r);
        }
        context->pc = rnd(r);
        context->pstate = PSTATE_EL1H | (rnd(r) & PSTATE_VALID & ~PSTATE_M);
    }
}

static void random_step(SDEIState *s, uint64_t *r)
{
    SDEIEvents *m = &s->events;
    uint32_t pe = below(r, NUM_PES);
    uint32_t num = some_event(m, r);

    switch (below(r, 24)) {
    case 0 ... 3:
        register_event(s, pe, num, r);
        break;
    case 4 ... 7:
        sdei_event_enable(m, pe, num);
        break;
    case 8:
        sdei_event_disable(m, pe, num);
        break;
    case 9:
        sdei_event_unregister(m, pe, num);
        break;
    case 10:
        sdei_event_routing_set(m, pe, num, below(r, 2), below(r, NUM_PES));
        break;
    case 11:
        sdei_event_signal(m, 0, below(r, NUM_PES), NULL);
        break;
    case 12 ... 13:
        sdei_pe_unmask(m, pe);
        break;
    case 14:
        sdei_pe_mask(m, pe);
        break;
    case 15:
        sdei_interrupt_bind(m, 16 + below(r, 40));
        break;
    case 16:
        if (!below(r, 4)) {
            sdei_interrupt_release(m, num, false);
        }
        break;
    case 17:
        if (sdei_running(m, pe) != SDEI_NONE) {
            sdei_complete(m, pe);
        }
        break;
    case 18:
        if (!below(r, 16)) {
            sdei_pe_off(m, pe);
        } else if (!below(r, 16)) {
            sdei_private_reset(m, pe);
        } else if (!below(r, 16)) {
            sdei_shared_reset(m);
        }
        break;
    case 19:
        sdei_event_status(m, pe, num);
        sdei_event_get_info(m, pe, num, below(r, 6));
        break;
    case 20 ... 21:
        /* Nobody but the line triggers the event of a bound interrupt */
        if (!m->event[sdei_events_find(m, num)].intid) {
            sdei_trigger(m, sdei_events_find(m, num), pe);
        }
        break;
    default:
        set_line(s, r);
    }
    deliver(s, r);
}

/* ---- What is legal ---- */

static void check_handler(const SDEIEvents *m, uint32_t ev,
                          const SDEIHandler *h)
{
    bool shared = m->event[ev].def.type == SDEI_TYPE_SHARED;

    g_assert_cmpuint(h->status, <, 8);
    g_assert_cmpuint(h->status, !=, 2);
    g_assert_cmpuint(h->status, !=, 6);
    g_assert(!h->pending || (h->status & SDEI_STATUS_REGISTERED));
    g_assert(!h->status || !(h->entry & 3));
    g_assert(!h->status || h->entry || h->relative);
    g_assert_cmpuint(h->routing_mode, <=, SDEI_RM_PE);
    g_assert(h->pe == SDEI_NONE || (shared && h->pe < m->num_pes));
    g_assert(h->routing_mode == SDEI_RM_ANY || h->pe != SDEI_NONE);
    g_assert(!h->status || !m->event[ev].def.bindable || m->event[ev].intid);
    g_assert(!m->event[ev].intid || !h->pending || h->edge || h->level);
}

static void check_legal(SDEIState *s)
{
    SDEIEvents *m = &s->events;
    uint32_t ev, pe, i, running = 0, on_stack = 0;

    g_assert_cmpuint(m->next_any, <, m->num_pes);
    for (ev = 0; ev < m->num_events; ev++) {
        uint32_t intid = m->event[ev].intid;

        g_assert(!intid || (m->event[ev].def.bindable && intid >= 16 &&
                            intid < NUM_IRQ));
        g_assert(!intid || sdei_events_find_intid(m, intid) == ev);
        for (i = 0; i < num_handlers(m, ev); i++) {
            check_handler(m, ev, &m->event[ev].handler[i]);
            running += !!(m->event[ev].handler[i].status &
                          SDEI_STATUS_RUNNING);
        }
    }
    for (pe = 0; pe < m->num_pes; pe++) {
        for (i = 0; i < SDEI_PRIO_COUNT; i++) {
            ev = m->pe[pe].running[i];
            if (ev == SDEI_NONE) {
                continue;
            }
            on_stack++;
            g_assert_cmpuint(ev, <, m->num_events);
            g_assert_cmpuint(m->event[ev].def.priority, ==, i);
            g_assert(sdei_events_handler(m, ev, pe)->status &
                     SDEI_STATUS_RUNNING);
            g_assert(sdei_pstate_is_legal(s, pe,
                                          s->cpu[pe].context[i].pstate));
        }
    }
    g_assert_cmpuint(running, ==, on_stack);
    g_assert_cmpstr(sdei_events_check(m), ==, NULL);
}

/* ---- Saving and loading ---- */

typedef struct Stream {
    uint8_t data[MAX_STREAM];
    uint32_t len;
} Stream;

static void save(SDEIState *s, Stream *stream)
{
    QIOChannelBuffer *bioc = qio_channel_buffer_new(4096);
    QEMUFile *f = qemu_file_new_output(QIO_CHANNEL(bioc));

    g_assert_cmpint(vmstate_save_state(f, &vmstate_sdei, s, NULL,
                                       &error_abort), ==, 0);
    /* What comes next in a real stream */
    qemu_put_byte(f, 0x7e);
    qemu_fflush(f);
    g_assert_cmpuint(bioc->usage, <=, MAX_STREAM);
    memcpy(stream->data, bioc->data, bioc->usage);
    stream->len = bioc->usage;
    g_assert_cmpint(qemu_fclose(f), ==, 0);
    object_unref(OBJECT(bioc));
}

/* Returns: NULL, or why it failed */
static char *load(SDEIState *s, const Stream *stream)
{
    QIOChannelBuffer *bioc = qio_channel_buffer_new(MAX_STREAM);
    g_autofree char *why = NULL;
    Error *err = NULL;
    QEMUFile *f;
    int ret;

    memcpy(bioc->data, stream->data, stream->len);
    bioc->usage = stream->len;
    f = qemu_file_new_input(QIO_CHANNEL(bioc));
    ret = vmstate_load_state(f, &vmstate_sdei, s, 1, &err);
    if (err) {
        why = g_strdup(error_get_pretty(err));
    }
    g_assert_cmpint(!!ret, ==, !!err);
    error_free(err);
    qemu_fclose(f);
    object_unref(OBJECT(bioc));
    return g_steal_pointer(&why);
}

/* A machine after reset, as each load finds it */
static void reset(SDEIState *s)
{
    sdei_events_reset(&s->events);
    bitmap_zero(s->line_level, NUM_LINES);
    s->incoming = true;
    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        memset(s->cpu[pe].context, 0, sizeof(s->cpu[pe].context));
    }
}

static void assert_same(const Stream *a, const Stream *b)
{
    g_assert_cmpmem(a->data, a->len, b->data, b->len);
}

/* Something of all that a stream can hold */
static bool is_rich(SDEIState *s)
{
    SDEIEvents *m = &s->events;
    uint32_t nested = 0, pending = 0, waiting = 0, level = 0, edge = 0;
    uint32_t unregistered = 0, relative = 0, disabled = 0, masked = 0;

    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        nested += m->pe[pe].running[0] != SDEI_NONE &&
                  m->pe[pe].running[1] != SDEI_NONE;
        pending += m->pe[pe].num_pending;
        masked += m->pe[pe].masked;
    }
    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        for (uint32_t i = 0; i < num_handlers(m, ev); i++) {
            const SDEIHandler *h = &m->event[ev].handler[i];

            waiting += h->pending && h->routing_mode == SDEI_RM_PE;
            level += h->level && !h->edge;
            edge += h->pending && h->edge;
            unregistered += h->status == SDEI_STATUS_RUNNING;
            relative += h->relative;
            disabled += h->status == SDEI_STATUS_REGISTERED && h->pending;
        }
    }
    return nested && pending && waiting && level && edge && unregistered &&
           relative && disabled && masked;
}

static void make_rich(SDEIState *s, uint64_t *r)
{
    uint32_t steps = 0;

    while (steps++ < 200 || !is_rich(s)) {
        g_assert_cmpuint(steps, <, 1000000);
        random_step(s, r);
    }
}

/* ---- Tests ---- */

static void test_roundtrip(void)
{
    SDEIState *from = dispatcher_new(), *to = dispatcher_new();
    uint64_t r = seed;
    Stream before, after;

    for (int i = 0; i < 2000; i++) {
        uint64_t r2;
        char *why;

        random_step(from, &r);
        check_legal(from);
        save(from, &before);
        reset(to);
        why = load(to, &before);
        g_assert_cmpstr(why, ==, NULL);
        g_assert(!to->incoming);
        check_legal(to);
        save(to, &after);
        assert_same(&before, &after);

        /* Both go on alike */
        r2 = r;
        for (int j = 0; j < 20; j++) {
            random_step(from, &r);
            random_step(to, &r2);
        }
        save(from, &before);
        save(to, &after);
        assert_same(&before, &after);
    }
    dispatcher_free(from);
    dispatcher_free(to);
}

/* A stream has its longest possible arrays */
static void test_full(void)
{
    SDEIState *from = dispatcher_new(), *to = dispatcher_new();
    SDEIEvents *m = &from->events;
    Stream before, after;

    for (uint32_t i = 16; i < 64; i++) {
        sdei_interrupt_bind(m, i);
    }
    for (uint32_t ev = 0; ev < m->num_events; ev++) {
        g_assert(!m->event[ev].def.bindable || m->event[ev].intid);
        for (uint32_t pe = 0; pe < num_handlers(m, ev); pe++) {
            sdei_event_register(m, pe, m->event[ev].def.num, 4, 0, 0, 0);
            sdei_event_enable(m, pe, m->event[ev].def.num);
        }
    }
    for (uint32_t pe = 0; pe < NUM_PES; pe++) {
        sdei_trigger(m, sdei_events_find(m, SDEI_EVENT_USER_FIRST + 1), pe);
        sdei_pe_unmask(m, pe);
        sdei_dispatch(m, pe, sdei_next_event(m, pe));
        sdei_trigger(m, sdei_events_find(m, SDEI_EVENT_USER_FIRST + 2), pe);
        sdei_dispatch(m, pe, sdei_next_event(m, pe));
        from->cpu[pe].context[0].pstate = PSTATE_EL1H;
        from->cpu[pe].context[1].pstate = PSTATE_EL1H;
    }
    check_legal(from);
    save(from, &before);
    g_assert_cmpstr(load(to, &before), ==, NULL);
    save(to, &after);
    assert_same(&before, &after);
    dispatcher_free(from);
    dispatcher_free(to);
}

typedef struct Fuzz {
    SDEIState *s;
    Stream valid;
    uint64_t r;
    uint64_t accepted;
    uint64_t refused;
    GHashTable *reasons;
} Fuzz;

static void fuzz_init(Fuzz *z, uint64_t n)
{
    *z = (Fuzz) {
        .s = dispatcher_new(),
        .r = seed + n,
        .reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         NULL),
    };
    make_rich(z->s, &z->r);
    save(z->s, &z->valid);
}

static void fuzz_end(Fuzz *z)
{
    g_test_message("stream of %u bytes: %" PRIu64 " loaded, %" PRIu64
                   " refused for %u reasons", z->valid.len, z->accepted,
                   z->refused, g_hash_table_size(z->reasons));
    g_hash_table_destroy(z->reasons);
    dispatcher_free(z->s);
}

/* Reasons that differ in numbers only are the same */
static char *without_numbers(const char *why)
{
    GString *text = g_string_new(NULL);

    for (; *why; why++) {
        if (!g_ascii_isxdigit(*why) || g_ascii_isalpha(*why)) {
            g_string_append_c(text, *why);
        }
    }
    return g_string_free(text, false);
}

static void fuzz_load(Fuzz *z, const Stream *stream)
{
    g_autofree char *why = NULL;
    uint64_t r = z->r;

    reset(z->s);
    why = load(z->s, stream);
    check_legal(z->s);
    if (why) {
        z->refused++;
        g_assert_cmpuint(strlen(why), >, 8);
        g_assert(z->s->incoming);
        g_hash_table_add(z->reasons, without_numbers(why));
    } else {
        Stream again;

        z->accepted++;
        g_assert(!z->s->incoming);
        save(z->s, &again);
    }
    /* PEs that are off according to another section of the stream */
    if (r & 1) {
        sdei_pe_off(&z->s->events, below(&r, NUM_PES));
        check_legal(z->s);
    }
    for (int i = 0; i < 12; i++) {
        random_step(z->s, &r);
    }
    check_legal(z->s);
}

static void test_bytes(void)
{
    Stream mutant;
    Fuzz z;

    fuzz_init(&z, 1);
    mutant = z.valid;
    for (uint32_t i = 0; i < z.valid.len; i++) {
        uint8_t was = z.valid.data[i];
        const uint8_t values[] = {
            0, 1, 2, 4, 6, 0x7f, 0x80, 0xff, was + 1, was - 1, was ^ 0x80,
            was ^ (1 << below(&z.r, 8)), rnd(&z.r),
        };

        for (int v = 0; v < ARRAY_SIZE(values); v++) {
            if (values[v] != was) {
                mutant.data[i] = values[v];
                fuzz_load(&z, &mutant);
            }
        }
        mutant.data[i] = was;
    }
    fuzz_end(&z);
}

static const uint64_t edges[] = {
    0, 1, 2, 3, 4, 5, 7, 8, 16, 31, 32, NUM_PES - 1, NUM_PES, NUM_IRQ - 1,
    NUM_IRQ, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
    0xfffffffe, 0xffffffff, 0x7fffffffffffffffull, 0x8000000000000000ull,
    0xffffffffffffffffull, SDEI_EVENT_BOUND_PPI_FIRST,
    SDEI_EVENT_BOUND_PPI_FIRST + SDEI_NUM_PPI_SLOTS,
    SDEI_EVENT_BOUND_SPI_FIRST, SDEI_EVENT_USER_FIRST + 1,
    SDEI_EVENT_USER_FIRST + 3, SDEI_EVENT_USER_LAST, 0x40000000, 9, 0x1c5,
};

static void put_be(uint8_t *p, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        p[i] = value >> (8 * (size - 1 - i));
    }
}

/* A field may begin at any byte: all of them at any place, then */
static void test_fields(void)
{
    static const unsigned sizes[] = { 4, 8 };
    Stream mutant;
    Fuzz z;

    fuzz_init(&z, 2);
    for (uint32_t i = 0; i < z.valid.len; i++) {
        for (int k = 0; k < ARRAY_SIZE(sizes); k++) {
            for (int v = 0; v < ARRAY_SIZE(edges); v++) {
                if (i + sizes[k] > z.valid.len ||
                    (sizes[k] == 8 && v % 4 != i % 4)) {
                    continue;
                }
                mutant = z.valid;
                put_be(&mutant.data[i], sizes[k], edges[v]);
                fuzz_load(&z, &mutant);
            }
        }
    }
    fuzz_end(&z);
}

static void test_truncated(void)
{
    Stream mutant;
    Fuzz z;

    fuzz_init(&z, 3);
    mutant = z.valid;
    while (mutant.len--) {
        uint64_t accepted = z.accepted;

        fuzz_load(&z, &mutant);
        /* The byte after the section is not missed */
        g_assert(z.accepted == accepted || mutant.len + 1 == z.valid.len);
    }
    fuzz_end(&z);
}

/* Move, repeat, drop or make up a piece */
static void mutate_piece(Stream *m, uint64_t *r)
{
    uint32_t len = 1 + below(r, below(r, 2) ? 8 : 200);
    uint32_t from = below(r, m->len), to = below(r, m->len);
    uint8_t piece[200];

    len = MIN(len, m->len - from);
    memcpy(piece, m->data + from, len);
    switch (below(r, 4)) {
    case 0:
        memmove(m->data + from, m->data + from + len, m->len - from - len);
        m->len -= len;
        break;
    case 1:
        if (m->len + len <= MAX_STREAM) {
            memmove(m->data + to + len, m->data + to, m->len - to);
            memcpy(m->data + to, piece, len);
            m->len += len;
        }
        break;
    case 2:
        memcpy(m->data + to, piece, MIN(len, m->len - to));
        break;
    default:
        for (uint32_t i = 0; i < len; i++) {
            m->data[from + i] = rnd(r);
        }
    }
}

static void mutate(Stream *m, uint64_t *r)
{
    uint32_t n = 1 + below(r, 6);

    for (uint32_t i = 0; i < n && m->len; i++) {
        uint32_t at = below(r, m->len);
        unsigned size = MIN(1u << below(r, 4), m->len - at);

        switch (below(r, 4)) {
        case 0:
            m->data[at] ^= 1 << below(r, 8);
            break;
        case 1:
            put_be(&m->data[at], size, edges[below(r, ARRAY_SIZE(edges))]);
            break;
        case 2:
            put_be(&m->data[at], size, rnd(r));
            break;
        default:
            mutate_piece(m, r);
        }
    }
}

static uint64_t env_number(const char *name, uint64_t value)
{
    const char *text = getenv(name);

    if (text && qemu_strtou64(text, NULL, 0, &value)) {
        g_error("%s=%s is not a number", name, text);
    }
    return value;
}

static void test_random(void)
{
    uint64_t count = env_number("SDEI_STREAM_RANDOM", DEFAULT_RANDOM);
    Stream mutant;

    for (uint64_t n = 0; n < count; n += 500) {
        Fuzz z;

        fuzz_init(&z, 100 + n);
        for (int i = 0; i < 500; i++) {
            mutant = z.valid;
            mutate(&mutant, &z.r);
            fuzz_load(&z, &mutant);
        }
        fuzz_end(&z);
    }
}

/* Streams of a real machine whose guest did its worst when they were taken */
static void test_taken(void)
{
    const char *folder = getenv("SDEI_STREAM_TAKEN");
    uint64_t count = env_number("SDEI_STREAM_RANDOM", DEFAULT_RANDOM);
    g_autoptr(GDir) dir = NULL;
    const char *name;
    uint64_t n = 0;

    if (!folder) {
        g_test_skip("SDEI_STREAM_TAKEN names no streams");
        return;
    }
    dir = g_dir_open(folder, 0, NULL);
    g_assert(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *data = NULL;
        Stream mutant;
        gsize len;
        Fuzz z;

        fuzz_init(&z, 1000000 + n++);
        g_assert(g_file_get_contents(path, &data, &len, NULL));
        g_assert_cmpuint(len, <, MAX_STREAM);
        memcpy(z.valid.data, data, len);
        z.valid.data[len] = 0x7e;
        z.valid.len = len + 1;
        fuzz_load(&z, &z.valid);
        g_assert_cmpuint(z.accepted, ==, 1);
        for (uint64_t i = 0; i < count / 20; i++) {
            mutant = z.valid;
            mutate(&mutant, &z.r);
            fuzz_load(&z, &mutant);
        }
        fuzz_end(&z);
    }
    g_assert_cmpuint(n, >, 0);
}

/* memmem(), which not all hosts have */
static const uint8_t *find_bytes(const Stream *s, const char *bytes, size_t len)
{
    for (size_t i = 0; i + len <= s->len; i++) {
        if (!memcmp(s->data + i, bytes, len)) {
            return s->data + i;
        }
    }
    return NULL;
}

/* Each part of the stream twice: memory must not grow with the stream */
static void test_twice(void)
{
    static const char *const parts[] = {
        "arm-sdei/events", "arm-sdei/bindings", "arm-sdei/handlers",
        "arm-sdei/contexts", "arm-sdei/lines",
    };
    uint32_t at[ARRAY_SIZE(parts) + 1];
    Fuzz z;

    fuzz_init(&z, 4);
    for (int i = 0; i < ARRAY_SIZE(parts); i++) {
        const uint8_t *found = find_bytes(&z.valid, parts[i],
                                          strlen(parts[i]));

        g_assert(found);
        at[i] = found - z.valid.data - 2;
    }
    at[ARRAY_SIZE(parts)] = z.valid.len - 1;
    for (int i = 0; i < ARRAY_SIZE(parts); i++) {
        uint32_t len = at[i + 1] - at[i];
        Stream mutant = z.valid;

        memmove(mutant.data + at[i + 1] + len, mutant.data + at[i + 1],
                mutant.len - at[i + 1]);
        memcpy(mutant.data + at[i + 1], mutant.data + at[i], len);
        mutant.len += len;
        fuzz_load(&z, &mutant);
    }
    /* A bitmap that comes twice allocates nothing */
    g_assert_cmpuint(z.refused, ==, ARRAY_SIZE(parts) - 1);
    fuzz_end(&z);
}

/* ---- Refusals that name the field and the value ---- */

static void check_refused(SDEIState *to, const Stream *stream,
                          const char *text, const char *value)
{
    g_autofree char *why = load(to, stream);

    g_assert(why);
    if (!strstr(why, text) || !strstr(why, value)) {
        g_error("\"%s\" has not \"%s\" and \"%s\"", why, text, value);
    }
    check_legal(to);
}

static void test_config(void)
{
    SDEIState *from = dispatcher_new(), *to = dispatcher_new();
    Stream stream;

    from->version_result = 0x0001000000000000ull;
    save(from, &stream);
    check_refused(to, &stream, "'version'", "0x1000000000000");
    from->version_result = to->version_result;
    from->client_el = 2;
    save(from, &stream);
    check_refused(to, &stream, "'virtualization'", "2 in the stream");
    from->client_el = 1;
    from->events.num_pes = 2;
    save(from, &stream);
    check_refused(to, &stream, "-smp", "2 in the stream");
    from->events.num_pes = NUM_PES;
    from->events.event[sdei_events_find(&from->events, SDEI_EVENT_USER_FIRST +
                                        2)].def.priority = SDEI_PRIO_NORMAL;
    save(from, &stream);
    check_refused(to, &stream, "sdei-event", "0x40010002");
    dispatcher_free(from);
    dispatcher_free(to);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    seed = env_number("SDEI_STREAM_SEED", 1);

    g_test_add_func("/arm-sdei/vmstate/roundtrip", test_roundtrip);
    g_test_add_func("/arm-sdei/vmstate/full", test_full);
    g_test_add_func("/arm-sdei/vmstate/config", test_config);
    g_test_add_func("/arm-sdei/vmstate/twice", test_twice);
    g_test_add_func("/arm-sdei/vmstate/hostile/truncated", test_truncated);
    g_test_add_func("/arm-sdei/vmstate/hostile/bytes", test_bytes);
    g_test_add_func("/arm-sdei/vmstate/hostile/fields", test_fields);
    g_test_add_func("/arm-sdei/vmstate/hostile/random", test_random);
    g_test_add_func("/arm-sdei/vmstate/hostile/taken", test_taken);
    return g_test_run();
}
