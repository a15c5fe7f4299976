/*
 * Host side of the arm-sdei test guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "harness.h"
#include "stage.h"
#include "guest.h"

/* A limit for conditions that are normally true within milliseconds */
#define WAIT_LIMIT_US           (120 * G_USEC_PER_SEC)
#define FIRST_PAUSE_US          20
#define LONGEST_PAUSE_US        1000
#define POLLS_WITHOUT_PAUSE     16

#define MPIDR_AFFINITY          0xff00ffffffull
/* virt puts this many into a cluster; with a GICv2 there is one cluster */
#define CPUS_PER_CLUSTER        16

#define CONTROL_SIZE            0x100
#define FRAMES_IN_DUMP          4
#define LOG_IN_DUMP             8

#define ESR_EC_SHIFT            26

static Guest *current;
static char *image_path;
static bool image_is_firmware;

static const char *const fn_names[] = {
    "VERSION", "EVENT_REGISTER", "EVENT_ENABLE", "EVENT_DISABLE",
    "EVENT_CONTEXT", "EVENT_COMPLETE", "EVENT_COMPLETE_AND_RESUME",
    "EVENT_UNREGISTER", "EVENT_STATUS", "EVENT_GET_INFO", "EVENT_ROUTING_SET",
    "PE_MASK", "PE_UNMASK", "INTERRUPT_BIND", "INTERRUPT_RELEASE",
    "EVENT_SIGNAL", "FEATURES", "PRIVATE_RESET", "SHARED_RESET",
};

static const char *const id_names[] = {
    "handler 0", "handler 1", "handler 2", "handler 3", "handler 4",
    "handler 5", "handler 6", "handler 7 (probe)", "resume 0", "resume 1",
    "resume 2", "resume 3", "synchronous exception", "IRQ", "FIQ", "SError",
};

const char *sdei_fn_name(uint64_t fn)
{
    uint64_t n = fn - SDEI_FN(0);

    return n < ARRAY_SIZE(fn_names) ? fn_names[n] : "call";
}

static const char *id_name(uint64_t id)
{
    return id < ARRAY_SIZE(id_names) ? id_names[id] : "unknown frame";
}

/*
 * Mailbox
 */

static void read_words(Guest *g, uint64_t addr, uint64_t *words, size_t size)
{
    qtest_memread(g->qts, addr, words, size);
    for (size_t i = 0; i < size / sizeof(words[0]); i++) {
        words[i] = le64_to_cpu(words[i]);
    }
}

static void write_words(Guest *g, uint64_t addr, uint64_t *words, size_t size)
{
    for (size_t i = 0; i < size / sizeof(words[0]); i++) {
        words[i] = cpu_to_le64(words[i]);
    }
    qtest_memwrite(g->qts, addr, words, size);
}

uint64_t guest_word(Guest *g, unsigned cpu, unsigned offset)
{
    return qtest_readq(g->qts, PE_AREA(cpu) + offset);
}

void guest_set_word(Guest *g, unsigned cpu, unsigned offset, uint64_t value)
{
    qtest_writeq(g->qts, PE_AREA(cpu) + offset, value);
}

static void read_frame(Guest *g, uint64_t addr, GuestFrame *frame)
{
    read_words(g, addr, (uint64_t *)frame, sizeof(*frame));
}

/* The control words of a PE, at one moment */
typedef struct Control {
    uint64_t word[CONTROL_SIZE / 8];
} Control;

static uint64_t read_control(Guest *g, unsigned cpu, Control *control,
                             unsigned offset)
{
    read_words(g, PE_AREA(cpu), control->word, sizeof(control->word));
    return control->word[offset / 8];
}

/*
 * Failing
 */

static void dump_frame(const GuestFrame *f)
{
    g_printerr("  %s, depth %" PRIu64 ", SP 0x%" PRIx64 ", EL%" PRIu64
               ", DAIF 0x%" PRIx64 ", NZCV 0x%" PRIx64 "\n"
               "    ELR 0x%" PRIx64 " SPSR 0x%" PRIx64 " ESR 0x%" PRIx64
               " FAR 0x%" PRIx64 "\n",
               id_name(f->id), f->depth, f->sp, f->currentel >> 2, f->daif,
               f->nzcv, f->elr, f->spsr, f->esr, f->far);
    for (unsigned i = 0; i < ARRAY_SIZE(f->x); i++) {
        g_printerr("%s X%-2u 0x%016" PRIx64 "%s", i % 4 ? "" : "   ",
                   i, f->x[i], i % 4 == 3 || i == 30 ? "\n" : "");
    }
}

static void dump_log(Guest *g, unsigned cpu, uint64_t count)
{
    uint64_t first = count > LOG_IN_DUMP ? count - LOG_IN_DUMP : 0;

    for (uint64_t i = first; i < count; i++) {
        uint64_t entry[4];

        read_words(g, PE_AREA(cpu) + PE_LOG(i % LOG_ENTRIES), entry,
                   sizeof(entry));
        g_printerr("  entry %" PRIu64 " (%" PRIu64 ". of all PEs): %s, depth %"
                   PRIu64 ", X0 0x%" PRIx64 ", X2 0x%" PRIx64 "\n",
                   i, entry[LOG_TICKET / 8], id_name(entry[LOG_ID / 8] & 0xff),
                   entry[LOG_ID / 8] >> 8, entry[LOG_X0 / 8],
                   entry[LOG_X2 / 8]);
    }
}

static void dump_pe(Guest *g, unsigned cpu)
{
    static const struct {
        const char *name;
        unsigned offset;
    } shown[] = {
        { "ready", PE_READY },
        { "boots", PE_BOOTS },
        { "MPIDR", PE_MPIDR },
        { "order given", PE_REQ },
        { "order taken", PE_TAKEN },
        { "order done", PE_DONE },
        { "frames", PE_DEPTH },
        { "polls", PE_ALIVE },
        { "stop word", PE_STOP },
        { "exceptions", PE_EXC_COUNT },
    };
    GuestPE *pe = &g->pe[cpu];
    Control control;
    uint64_t addr;

    g_printerr("PE %u: the test counts %u frames, %" PRIu64 " exceptions\n",
               cpu, pe->depth, pe->exceptions);
    addr = read_control(g, cpu, &control, PE_TOP);
    for (unsigned i = 0; i < ARRAY_SIZE(shown); i++) {
        g_printerr("  %s 0x%" PRIx64 "\n", shown[i].name,
                   control.word[shown[i].offset / 8]);
    }
    if (control.word[PE_EXC_COUNT / 8]) {
        g_printerr("  last exception: %s%s, ESR 0x%" PRIx64 " ELR 0x%" PRIx64
                   " FAR 0x%" PRIx64 " SPSR 0x%" PRIx64 "\n",
                   id_name(control.word[PE_EXC_ID / 8] & ~EXC_ID_STUCK),
                   control.word[PE_EXC_ID / 8] & EXC_ID_STUCK ?
                   " whose automatic COMPLETE failed (ESR is its result)" : "",
                   control.word[PE_EXC_ESR / 8], control.word[PE_EXC_ELR / 8],
                   control.word[PE_EXC_FAR / 8],
                   control.word[PE_EXC_SPSR / 8]);
        g_printerr("  the instruction there is 0x%08x\n",
                   qtest_readl(g->qts, control.word[PE_EXC_ELR / 8]));
    }
    for (unsigned i = 0; i < FRAMES_IN_DUMP; i++) {
        GuestFrame frame;

        if (addr < PE_AREA(cpu) || addr >= PE_AREA(cpu) + PE_SIZE) {
            break;
        }
        read_frame(g, addr, &frame);
        dump_frame(&frame);
        addr = frame.prev;
    }
    dump_log(g, cpu, control.word[PE_LOG_COUNT / 8]);
}

void guest_fail_at(Guest *g, unsigned cpu, const char *file, int line,
                   const char *func, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *message = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    message = g_strdup_printf("PE %u: %s", cpu, text);
    g_printerr("%s:%d: %s\n", file, line, message);
    dump_pe(g, cpu);
    g_assertion_message(G_LOG_DOMAIN, file, line, func, message);
    abort();
}

bool guest_wait_more(GuestWait *wait)
{
    if (!wait->deadline) {
        wait->deadline = g_get_monotonic_time() + WAIT_LIMIT_US;
    }
    if (++wait->pause > POLLS_WITHOUT_PAUSE) {
        unsigned n = wait->pause - POLLS_WITHOUT_PAUSE;

        g_usleep(MIN(n * FIRST_PAUSE_US, LONGEST_PAUSE_US));
    }
    return g_get_monotonic_time() < wait->deadline;
}

static void check_exceptions(Guest *g, unsigned cpu, const Control *control)
{
    uint64_t count = control->word[PE_EXC_COUNT / 8];
    GuestPE *pe = &g->pe[cpu];

    if (count - pe->exceptions > pe->announced) {
        guest_fail(g, cpu, "unexpected exception");
    }
}

void guest_announce_exception(Guest *g, unsigned cpu)
{
    g->pe[cpu].announced = 1;
}

void guest_announce_exceptions(Guest *g, unsigned cpu)
{
    g->pe[cpu].announced = UINT32_MAX;
}

void guest_expect_exception(Guest *g, unsigned cpu, unsigned ec)
{
    GuestPE *pe = &g->pe[cpu];
    Control control;

    if (read_control(g, cpu, &control, PE_EXC_COUNT) != pe->exceptions + 1) {
        guest_fail(g, cpu, "%" PRIu64 " exceptions instead of one with "
                   "ESR.EC 0x%x",
                   control.word[PE_EXC_COUNT / 8] - pe->exceptions, ec);
    }
    guest_check_eq(g, cpu, control.word[PE_EXC_ESR / 8] >> ESR_EC_SHIFT, ec,
                   "ESR.EC");
    pe->exceptions++;
    pe->announced = 0;
}

/*
 * Orders
 */

uint64_t guest_affinity(Guest *g, unsigned cpu)
{
    return g->pe[cpu].affinity;
}

uint64_t guest_pstate(Guest *g, uint64_t flags)
{
    return flags | (g->client_el == 2 ? PSTATE_EL2H : PSTATE_EL1H);
}

uint32_t guest_sysreg(Guest *g, uint32_t el1, uint32_t el2)
{
    return g->client_el == 2 ? el2 : el1;
}

/* A number whose slot is not in use by an order that is still in progress */
static uint64_t next_seq(Guest *g, unsigned cpu)
{
    GuestPE *pe = &g->pe[cpu];

    for (unsigned i = 0; i < SLOTS; i++) {
        pe->seq++;
        if (!pe->busy[pe->seq & SLOT_MASK]) {
            pe->busy[pe->seq & SLOT_MASK] = pe->seq;
            return pe->seq;
        }
    }
    guest_fail(g, cpu, "too many orders in progress");
}

static void forget_order(Guest *g, unsigned cpu, uint64_t seq)
{
    g->pe[cpu].busy[seq & SLOT_MASK] = 0;
}

/* An order that the PE has not even taken would be lost with the next one */
static void wait_taken(Guest *g, unsigned cpu)
{
    GuestPE *pe = &g->pe[cpu];
    GuestWait wait = { };
    Control control;

    while (pe->untaken &&
           read_control(g, cpu, &control, PE_TAKEN) != pe->untaken) {
        check_exceptions(g, cpu, &control);
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "order %" PRIu64 " is not taken", pe->untaken);
        }
    }
    pe->untaken = 0;
}

static void post_order(Guest *g, unsigned cpu, uint64_t seq, unsigned op,
                       const uint64_t x[31], uint64_t pc, uint64_t pstate)
{
    uint64_t order[(ORDER_X(31)) / 8] = {
        [ORDER_OP / 8] = op,
        [ORDER_ELR / 8] = pc,
        [ORDER_SPSR / 8] = pstate,
    };

    if (x) {
        memcpy(&order[ORDER_X(0) / 8], x, 31 * sizeof(x[0]));
    }
    write_words(g, PE_AREA(cpu) + PE_ORDER(seq & SLOT_MASK), order,
                sizeof(order));
    wait_taken(g, cpu);
    guest_set_word(g, cpu, PE_REQ, seq);
    g->pe[cpu].untaken = seq;
}

uint64_t guest_post(Guest *g, unsigned cpu, unsigned op, const uint64_t x[31])
{
    uint64_t seq = next_seq(g, cpu);

    post_order(g, cpu, seq, op, x, 0, 0);
    return seq;
}

void guest_wait(Guest *g, unsigned cpu, uint64_t seq, GuestFrame *result)
{
    uint64_t slot = PE_AREA(cpu) + PE_RESULT(seq & SLOT_MASK);
    GuestPE *pe = &g->pe[cpu];
    GuestWait wait = { };
    Control control;
    GuestFrame frame;

    while (read_control(g, cpu, &control, PE_DONE) != seq) {
        check_exceptions(g, cpu, &control);
        if (pe->leave_seq && control.word[PE_DONE / 8] == pe->leave_seq) {
            guest_fail(g, cpu, "could not leave the frame: result %" PRId64,
                       (int64_t)qtest_readq(g->qts, PE_AREA(cpu) +
                                PE_RESULT(pe->leave_seq & SLOT_MASK)));
        }
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "order %" PRIu64 " is not done", seq);
        }
    }
    forget_order(g, cpu, seq);
    if (pe->untaken == seq) {
        pe->untaken = 0;
    }
    read_frame(g, slot, &frame);
    if (frame.depth != pe->depth) {
        guest_fail(g, cpu, "order done with %" PRIu64 " frames on the stack, "
                   "expected %u", frame.depth, pe->depth);
    }
    if (result) {
        *result = frame;
    }
}

uint64_t guest_call_start_array(Guest *g, unsigned cpu, uint64_t fn,
                                const uint64_t args[17])
{
    uint64_t x[31] = { fn };

    memcpy(&x[1], args, 17 * sizeof(x[0]));
    return guest_post(g, cpu, g->client_el == 2 ? OP_SMC : OP_HVC, x);
}

int64_t guest_call_array(Guest *g, unsigned cpu, uint64_t fn,
                         const uint64_t args[17])
{
    uint64_t seq = guest_call_start_array(g, cpu, fn, args);
    GuestFrame result;

    guest_wait(g, cpu, seq, &result);
    return result.x[0];
}

void guest_expect_array(Guest *g, unsigned cpu, int64_t expected, uint64_t fn,
                        const uint64_t args[17],
                        const char *file, int line, const char *func)
{
    int64_t got = guest_call_array(g, cpu, fn, args);

    if (got != expected) {
        guest_fail_at(g, cpu, file, line, func,
                      "%s (0x%" PRIx64 ") with 0x%" PRIx64 ", 0x%" PRIx64
                      ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
                      " returned %" PRId64 ", expected %" PRId64,
                      sdei_fn_name(fn), fn, args[0], args[1], args[2], args[3],
                      args[4], got, expected);
    }
}

void guest_nop(Guest *g, unsigned cpu)
{
    guest_wait(g, cpu, guest_post(g, cpu, OP_NOP, NULL), NULL);
}

/*
 * Code
 */

static uint64_t code_address(unsigned cpu, uint64_t seq)
{
    return PE_AREA(cpu) + PE_CODE(seq & SLOT_MASK);
}

void guest_run_init(Guest *g, unsigned cpu, GuestRun *run)
{
    *run = (GuestRun) {
        .seq = next_seq(g, cpu),
        .pstate = guest_pstate(g, PSTATE_DAIF),
    };
    run->address = run->pc = code_address(cpu, run->seq);
}

void guest_run_insn(GuestRun *run, uint32_t insn)
{
    g_assert_cmpuint(run->words, <, ARRAY_SIZE(run->code));
    run->code[run->words++] = insn;
}

void guest_run_mark_started(unsigned cpu, GuestRun *run)
{
    uint64_t word = PE_AREA(cpu) + PE_STARTED;

    guest_run_insn(run, INSN_LDR_LITERAL(30, 8));
    guest_run_insn(run, INSN_B(12));
    guest_run_insn(run, extract64(word, 0, 32));
    guest_run_insn(run, extract64(word, 32, 32));
    guest_run_insn(run, INSN_STR_X(30, 30));
}

void guest_run_loop(unsigned cpu, GuestRun *run, unsigned first)
{
    int64_t pc = run->address + run->words * 4;
    int64_t word = PE_AREA(cpu) + PE_STOP;

    guest_run_insn(run, INSN_LDR_LITERAL(30, word - pc));
    guest_run_insn(run, INSN_TBZ63(30, (int)(first - run->words) * 4));
}

void guest_run_end(GuestRun *run)
{
    guest_run_insn(run, INSN_SVC(RUN_END_IMM));
}

void guest_write_code(Guest *g, uint64_t addr, const uint32_t *words,
                      unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        qtest_writel(g->qts, addr + 4 * i, words[i]);
    }
}

void guest_run_start(Guest *g, unsigned cpu, const GuestRun *run)
{
    guest_write_code(g, run->address, run->code, run->words);
    guest_set_word(g, cpu, PE_STARTED, 0);
    guest_set_word(g, cpu, PE_STOP, run->x[30]);
    post_order(g, cpu, run->seq, OP_RUN, run->x, run->pc, run->pstate);
}

void guest_run_wait_started(Guest *g, unsigned cpu)
{
    GuestWait wait = { };
    Control control;

    while (!read_control(g, cpu, &control, PE_STARTED)) {
        check_exceptions(g, cpu, &control);
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "code has not started");
        }
    }
}

void guest_run(Guest *g, unsigned cpu, const GuestRun *run, GuestFrame *result)
{
    guest_run_start(g, cpu, run);
    guest_wait(g, cpu, run->seq, result);
}

/* The final SVC may have been forwarded by the EL1 vectors to the client EL2 */
static bool end_was_forwarded(const GuestFrame *result)
{
    return result->elr >= GUEST_FWD_VECTORS &&
           result->elr < GUEST_FWD_VECTORS + 0x800;
}

uint64_t guest_end_pstate(const GuestFrame *result)
{
    return end_was_forwarded(result) ? result->spsr_el1 : result->spsr;
}

uint64_t guest_end_pc(const GuestFrame *result)
{
    return end_was_forwarded(result) ? result->elr_el1 : result->elr;
}

void guest_stop(Guest *g, unsigned cpu)
{
    guest_set_word(g, cpu, PE_STOP,
                   guest_word(g, cpu, PE_STOP) | 1ull << 63);
}

/*
 * With -icount a translation block can end anywhere, also between the store
 * that says that the code has started and the load that restores X30.
 */
static void wait_x30(Guest *g, unsigned cpu, uint64_t value)
{
    g_autofree char *expected = g_strdup_printf("X30=%016" PRIx64, value);
    GuestWait wait = { };

    for (;;) {
        g_autofree char *text = qtest_hmp(g->qts, "info registers -a");
        const char *at = text;

        for (unsigned i = 0; at && i <= cpu; i++) {
            at = strstr(at + (i != 0), "CPU#");
        }
        at = at ? strstr(at, "X30=") : NULL;
        if (at && g_str_has_prefix(at, expected)) {
            return;
        }
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "X30 is not as it was set");
        }
    }
}

/* Words of the code of guest_spin_start() */
#define SPIN_LOOP       5

uint64_t guest_spin_start(Guest *g, unsigned cpu, const uint64_t x[31],
                          uint64_t pstate)
{
    GuestRun run;

    guest_run_init(g, cpu, &run);
    guest_run_mark_started(cpu, &run);
    g_assert_cmpuint(run.words, ==, SPIN_LOOP);
    guest_run_loop(cpu, &run, SPIN_LOOP);
    guest_run_end(&run);
    memcpy(run.x, x, sizeof(run.x));
    run.pstate = pstate;
    guest_run_start(g, cpu, &run);
    guest_run_wait_started(g, cpu);
    if (g->config.args && strstr(g->config.args, "-icount")) {
        wait_x30(g, cpu, x[30]);
    }
    return run.seq;
}

uint64_t guest_spin_pc(unsigned cpu, uint64_t seq)
{
    return code_address(cpu, seq) + SPIN_LOOP * 4;
}

void guest_spin_stop(Guest *g, unsigned cpu, uint64_t seq, GuestFrame *result)
{
    guest_stop(g, cpu);
    guest_wait(g, cpu, seq, result);
}

/* Run one instruction with X0, X1; returns X0 */
static uint64_t run_insn(Guest *g, unsigned cpu, uint32_t insn, uint64_t x0,
                         uint64_t x1)
{
    GuestFrame result;
    GuestRun run;

    guest_run_init(g, cpu, &run);
    guest_run_insn(&run, insn);
    guest_run_insn(&run, INSN_ISB);
    guest_run_end(&run);
    run.x[0] = x0;
    run.x[1] = x1;
    guest_run(g, cpu, &run, &result);
    return result.x[0];
}

uint64_t guest_read_sysreg(Guest *g, unsigned cpu, uint32_t reg)
{
    return run_insn(g, cpu, INSN_MRS(0, reg), 0, 0);
}

void guest_write_sysreg(Guest *g, unsigned cpu, uint32_t reg, uint64_t value)
{
    run_insn(g, cpu, INSN_MSR(0, reg), value, 0);
}

uint32_t guest_read32(Guest *g, unsigned cpu, uint64_t addr)
{
    return run_insn(g, cpu, INSN_LDR_W(0, 1), 0, addr);
}

void guest_write32(Guest *g, unsigned cpu, uint64_t addr, uint32_t value)
{
    run_insn(g, cpu, INSN_STR_W(0, 1), value, addr);
}

/*
 * Frames
 */

void guest_set_mode(Guest *g, unsigned cpu, unsigned id, unsigned mode)
{
    guest_set_word(g, cpu, PE_ENTRY(id) + ENTRY_MODE, mode);
}

void guest_set_poke(Guest *g, unsigned cpu, unsigned id, uint64_t addr,
                    uint32_t value)
{
    guest_set_word(g, cpu, PE_ENTRY(id) + ENTRY_POKE_VALUE, value);
    guest_set_word(g, cpu, PE_ENTRY(id) + ENTRY_POKE_ADDR, addr);
}

uint64_t guest_count(Guest *g, unsigned cpu, unsigned id)
{
    return guest_word(g, cpu, PE_ENTRY(id) + ENTRY_COUNT);
}

void guest_wait_count(Guest *g, unsigned cpu, unsigned id, uint64_t count)
{
    GuestWait wait = { };
    uint64_t got;

    while ((got = guest_count(g, cpu, id)) != count) {
        Control control;

        read_control(g, cpu, &control, PE_EXC_COUNT);
        check_exceptions(g, cpu, &control);
        if (got > count || !guest_wait_more(&wait)) {
            guest_fail(g, cpu, "%s entered %" PRIu64 " times, expected %"
                       PRIu64, id_name(id), got, count);
        }
    }
}

void guest_wait_frame(Guest *g, unsigned cpu, unsigned id, GuestFrame *frame)
{
    GuestPE *pe = &g->pe[cpu];
    GuestWait wait = { };
    GuestFrame top;

    for (;;) {
        Control control;

        if (read_control(g, cpu, &control, PE_DEPTH) == pe->depth + 1) {
            /*
             * Unless it is the one that was just ordered to leave, or one
             * that comes and goes, as at the end of a run
             */
            read_frame(g, control.word[PE_TOP / 8], &top);
            if (top.id == id && top.depth == pe->depth + 1 &&
                top.ticket >= pe->next_ticket &&
                read_control(g, cpu, &control, PE_DEPTH) == pe->depth + 1) {
                /* Only now it is whole: it may stand where the old one was */
                read_frame(g, control.word[PE_TOP / 8], &top);
                break;
            }
        }
        check_exceptions(g, cpu, &control);
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "%s not entered", id_name(id));
        }
    }
    pe->depth++;
    pe->next_ticket = top.ticket + 1;
    if (frame) {
        *frame = top;
    }
}

void guest_edit_frame(Guest *g, unsigned cpu, unsigned offset, uint64_t value)
{
    g_assert_cmpuint(g->pe[cpu].depth, >, 0);
    qtest_writeq(g->qts, guest_word(g, cpu, PE_TOP) + offset, value);
}

void guest_leave(Guest *g, unsigned cpu, unsigned op, const uint64_t x[31])
{
    GuestPE *pe = &g->pe[cpu];

    g_assert_cmpuint(pe->depth, >, 0);
    pe->leave_seq = guest_post(g, cpu, op, x);
    forget_order(g, cpu, pe->leave_seq);
    pe->depth--;
}

static unsigned leave_op(Guest *g)
{
    return g->client_el == 2 ? OP_LEAVE_SMC : OP_LEAVE_HVC;
}

static void leave_by_call(Guest *g, unsigned cpu, uint64_t fn, uint64_t arg)
{
    uint64_t x[31];

    /* COMPLETE has to give X2-X17 back, so leave something else in them */
    guest_pattern(x, 0x1eafe);
    x[0] = fn;
    x[1] = arg;
    guest_leave(g, cpu, leave_op(g), x);
}

void guest_complete(Guest *g, unsigned cpu, uint64_t status)
{
    leave_by_call(g, cpu, SDEI_EVENT_COMPLETE, status);
}

void guest_complete_and_resume(Guest *g, unsigned cpu, uint64_t address)
{
    leave_by_call(g, cpu, SDEI_EVENT_COMPLETE_AND_RESUME, address);
}

void guest_leave_eret(Guest *g, unsigned cpu)
{
    guest_leave(g, cpu, OP_LEAVE_ERET, NULL);
}

void guest_leave_fails(Guest *g, unsigned cpu, int64_t expected, uint64_t fn,
                       uint64_t arg)
{
    uint64_t x[31] = { fn, arg };
    uint64_t seq = guest_post(g, cpu, leave_op(g), x);
    GuestFrame result;

    guest_wait(g, cpu, seq, &result);
    guest_check_eq(g, cpu, result.x[0], expected, "result of %s(0x%" PRIx64 ")",
                   sdei_fn_name(fn), arg);
}

void guest_pattern(uint64_t x[31], uint32_t seed)
{
    for (unsigned i = 0; i < 31; i++) {
        x[i] = ((uint64_t)(seed & 0x7fffff) << 40) | (i << 24) | 0x5a0000 |
               (0xffff ^ (i * 0x101));
    }
}

/*
 * Starting and ending
 */

static void remove_image(void)
{
    if (image_path) {
        g_unlink(image_path);
        g_clear_pointer(&image_path, g_free);
    }
}

/* What firmware begins with: it copies the guest to where a kernel would be */
static const uint32_t firmware_start[] = {
    0x10000141,                         /* adr x1, guest */
    INSN_MOVZ(2, GUEST_BASE >> 16, 1),
    INSN_MOV(5, 2),
    INSN_MOVZ(3, ROUND_UP(sizeof(sdei_guest), 8), 0),
    0xf8408424,                         /* 1: ldr x4, [x1], #8 */
    0xf8008444,                         /* str x4, [x2], #8 */
    0xf1002063,                         /* subs x3, x3, #8 */
    0x54ffffa1,                         /* b.ne 1b */
    INSN_BR(5),
    INSN_NOP,                           /* aligns the guest, as LDR wants */
};

QEMU_BUILD_BUG_ON(GUEST_BASE != (GUEST_BASE >> 16) << 16);
QEMU_BUILD_BUG_ON(sizeof(sdei_guest) > 0xfff8);

static void write_all(int fd, const void *data, size_t len)
{
    g_assert_cmpint(write(fd, data, len), ==, len);
}

static const char *write_image(bool firmware)
{
    g_autoptr(GError) err = NULL;
    int fd;

    if (image_path && image_is_firmware != firmware) {
        remove_image();
    }
    if (!image_path) {
        fd = g_file_open_tmp("arm-sdei-guest-XXXXXX", &image_path, &err);
        g_assert_no_error(err);
        for (unsigned i = 0; firmware && i < ARRAY_SIZE(firmware_start); i++) {
            uint32_t insn = cpu_to_le32(firmware_start[i]);

            write_all(fd, &insn, sizeof(insn));
        }
        write_all(fd, sdei_guest, sizeof(sdei_guest));
        close(fd);
        image_is_firmware = firmware;
    }
    return image_path;
}

const char *guest_accel(void)
{
    return g_getenv("ARM_SDEI_TEST_ACCEL") ?: "tcg";
}

bool guest_is_kvm(void)
{
    return g_str_has_prefix(guest_accel(), "kvm");
}

bool guest_has_kernel_gic(void)
{
    return guest_is_kvm() && !strstr(guest_accel(), "kernel-irqchip=off");
}

bool guest_has_kernel_gicv2(void)
{
    return guest_has_kernel_gic() && g_getenv("ARM_SDEI_TEST_GICV2");
}

bool guest_has_nested_kvm(void)
{
    return guest_is_kvm() && g_getenv("ARM_SDEI_TEST_NESTED");
}

char *guest_command_line(const GuestConfig *config)
{
    return g_strdup_printf("-machine virt%s%s%s -cpu %s -smp %u -m 256 "
                           "-nodefaults -accel %s %s %s %s %s",
                           config->no_sdei ? "" : ",sdei=on",
                           config->machine ? "," : "",
                           config->machine ?: "",
                           config->cpu ?: guest_is_kvm() ? "host" : "max",
                           config->cpus, config->accel ?: guest_accel(),
                           config->firmware ? "-bios" : "-kernel",
                           write_image(config->firmware),
                           config->args ?: "",
                           g_getenv("ARM_SDEI_TEST_ARGS") ?: "");
}

static bool same_config(const GuestConfig *a, const GuestConfig *b)
{
    return a->cpus == b->cpus && a->no_sdei == b->no_sdei &&
           a->firmware == b->firmware &&
           !g_strcmp0(a->cpu, b->cpu) && !g_strcmp0(a->machine, b->machine) &&
           !g_strcmp0(a->accel, b->accel) && !g_strcmp0(a->args, b->args);
}

void guest_wait_up(Guest *g, unsigned cpu)
{
    uint64_t entries[(PE_ENTRY(ID_COUNT) - PE_ENTRY(0)) / 8] = { };
    GuestPE *pe = &g->pe[cpu];
    GuestWait wait = { };
    Control control;

    while (read_control(g, cpu, &control, PE_READY) != READY_MAGIC) {
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "does not come up");
        }
    }
    *pe = (GuestPE) {
        .affinity = control.word[PE_MPIDR / 8] & MPIDR_AFFINITY,
        .features = control.word[PE_FEATURES / 8],
        .seq = control.word[PE_TAKEN / 8],
        .exceptions = control.word[PE_EXC_COUNT / 8],
    };
    g->client_el = control.word[PE_EL / 8];
    for (unsigned i = 0; i < HANDLERS; i++) {
        entries[(PE_ENTRY(i) - PE_ENTRY(0) + ENTRY_MODE) / 8] = MODE_SERVE;
    }
    write_words(g, PE_AREA(cpu) + PE_ENTRY(0), entries, sizeof(entries));
}

static uint64_t expected_affinity(unsigned cpu)
{
    return (uint64_t)(cpu / CPUS_PER_CLUSTER) << 8 | cpu % CPUS_PER_CLUSTER;
}

void guest_cpu_on(Guest *g, unsigned by, unsigned cpu)
{
    guest_set_word(g, cpu, PE_READY, 0);
    guest_expect(g, by, 0, PSCI_CPU_ON, expected_affinity(cpu),
                 GUEST_SECONDARY, cpu);
    guest_wait_up(g, cpu);
    guest_check_eq(g, cpu, g->pe[cpu].affinity, expected_affinity(cpu),
                   "MPIDR affinity");
}

void guest_wait_off(Guest *g, unsigned by, unsigned cpu)
{
    GuestWait wait = { };

    while (guest_call(g, by, PSCI_AFFINITY_INFO, expected_affinity(cpu), 0)
           != PSCI_AFFINITY_OFF) {
        if (!guest_wait_more(&wait)) {
            guest_fail(g, cpu, "is not off");
        }
    }
}

void guest_cpu_off(Guest *g, unsigned by, unsigned cpu)
{
    guest_call_start(g, cpu, PSCI_CPU_OFF);
    guest_wait_off(g, by, cpu);
}

void guest_reboot(Guest *g)
{
    guest_wait_up(g, 0);
    for (unsigned i = 1; i < g->config.cpus; i++) {
        guest_cpu_on(g, 0, i);
    }
}

void guest_reset(Guest *g)
{
    guest_set_word(g, 0, PE_READY, 0);
    qtest_system_reset(g->qts);
    guest_reboot(g);
}

Guest *guest_start(const GuestConfig *config)
{
    g_autofree char *args = NULL;

    g_assert_cmpuint(config->cpus, <=, GUEST_MAX_CPUS);
    if (current && same_config(&current->config, config)) {
        guest_reset(current);
        return current;
    }
    guest_finish();
    args = guest_command_line(config);
    current = g_new0(Guest, 1);
    current->config = *config;
    current->qts = qtest_init(args);
    remove_image();
    guest_reboot(current);
    return current;
}

Guest *guest_attach(QTestState *qts, const Guest *from,
                    const GuestConfig *config)
{
    Guest *g = g_new0(Guest, 1);

    if (from) {
        *g = *from;
    }
    g->qts = qts;
    g->config = *config;
    if (!from) {
        for (unsigned i = 0; i < config->cpus; i++) {
            guest_wait_up(g, i);
        }
    }
    return g;
}

void guest_finish(void)
{
    if (current) {
        qtest_quit(current->qts);
        g_clear_pointer(&current, g_free);
    }
    remove_image();
}

void *guest_machine_dtb(const char *args, char **error)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *path = NULL;
    g_autofree char *command = NULL;
    g_auto(GStrv) argv = NULL;
    char *dtb = NULL;
    int status, fd;

    fd = g_file_open_tmp("arm-sdei-dtb-XXXXXX", &path, &err);
    g_assert_no_error(err);
    close(fd);
    command = g_strdup_printf("%s -display none -nodefaults "
                              "-machine dtb-randomness=off,dumpdtb=%s %s",
                              qtest_qemu_binary(NULL), path, args);
    g_test_message("%s", command);
    g_shell_parse_argv(command, NULL, &argv, &err);
    g_assert_no_error(err);
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, error,
                 &status, &err);
    g_assert_no_error(err);
    g_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    if (status == 0) {
        g_file_get_contents(path, &dtb, NULL, &err);
        g_assert_no_error(err);
    }
    g_unlink(path);
    return dtb;
}
