/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: the calls, DEN0054C 5.1
 *
 * Decode, trace, let sdei-event.c judge, write the result, settle.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "cpu.h"
#include "multiprocessing.h"
#include "sdei-internal.h"
#include "trace.h"

/* EVENT_CONTEXT: which registers can be asked for */
#define SDEI_CONTEXT_INDEX_MAX  (SDEI_CONTEXT_REGS - 1)

/* SDEI_FEATURES, DEN0054C 5.1.17 */
#define SDEI_FEATURE_BIND_SLOTS     0
#define SDEI_FEATURE_RELATIVE_MODE  1

/* Values of X0-X5 */
typedef uint64_t SDEIArgs[6];

static int64_t sdei_fail(SDEIState *s, int64_t result, const char *reason)
{
    s->events.reason = reason;
    return result;
}

static int64_t sdei_call_version(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return s->version_result;
}

static int64_t sdei_call_event_register(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    SDEIEvents *m = &s->events;
    uint32_t intid = sdei_irq_of(s, x[1]);

    if (intid) {
        int64_t ret = sdei_event_can_register(m, pe, x[1], x[2], x[4], x[5]);

        if (ret == SDEI_SUCCESS) {
            ret = sdei_irq_take(s, pe, intid);
        }
        if (ret != SDEI_SUCCESS) {
            return ret;
        }
    }
    return sdei_event_register(m, pe, x[1], x[2], x[3], x[4], x[5]);
}

static int64_t sdei_call_event_enable(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_event_enable(&s->events, pe, x[1]);
}

static int64_t sdei_call_event_disable(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_event_disable(&s->events, pe, x[1]);
}

/* What the innermost running handler of @pe interrupted, or NULL */
static const SDEIContext *sdei_running_context(SDEIState *s, uint32_t pe)
{
    if (sdei_running(&s->events, pe) == SDEI_NONE) {
        return NULL;
    }
    return &s->cpu[pe].context[sdei_running_priority(&s->events, pe)];
}

static int64_t sdei_call_event_context(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    const SDEIContext *context = sdei_running_context(s, pe);
    uint32_t index = x[1];

    if (index > SDEI_CONTEXT_INDEX_MAX) {
        return sdei_fail(s, SDEI_INVALID_PARAMETERS, "no such register");
    }
    if (!context) {
        return sdei_fail(s, SDEI_DENIED, "no handler is running");
    }
    return context->x[index];
}

static int64_t sdei_call_event_complete(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    const SDEIContext *context = sdei_running_context(s, pe);
    uint32_t ev;

    if (!context) {
        return sdei_fail(s, SDEI_DENIED, "no handler is running");
    }
    ev = sdei_complete(&s->events, pe);
    trace_arm_sdei_complete(s->events.pe[pe].mpidr,
                            s->events.event[ev].def.num,
                            context->pc, context->pstate);
    s->regs->complete(s->cpu[pe].cs, context);
    sdei_report_completed(s->events.event[ev].def.num, pe);
    return SDEI_SUCCESS;
}

static int64_t sdei_call_event_complete_and_resume(SDEIState *s, uint32_t pe,
                                                   SDEIArgs x)
{
    const SDEIContext *context = sdei_running_context(s, pe);
    uint32_t ev;

    if (x[1] & 3) {
        return sdei_fail(s, SDEI_INVALID_PARAMETERS, "bad resume address");
    }
    if (!context) {
        return sdei_fail(s, SDEI_DENIED, "no handler is running");
    }
    ev = sdei_complete(&s->events, pe);
    trace_arm_sdei_complete_and_resume(s->events.pe[pe].mpidr,
                                       s->events.event[ev].def.num, x[1],
                                       context->pc, context->pstate);
    s->regs->complete_and_resume(s->cpu[pe].cs, s->client_el, context, x[1]);
    sdei_report_completed(s->events.event[ev].def.num, pe);
    return SDEI_SUCCESS;
}

static int64_t sdei_call_event_unregister(SDEIState *s, uint32_t pe,
                                          SDEIArgs x)
{
    return sdei_event_unregister(&s->events, pe, x[1]);
}

static int64_t sdei_call_event_status(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_event_status(&s->events, pe, x[1]);
}

static int64_t sdei_call_event_get_info(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_event_get_info(&s->events, pe, x[1], x[2]);
}

static int64_t sdei_call_event_routing_set(SDEIState *s, uint32_t pe,
                                           SDEIArgs x)
{
    return sdei_event_routing_set(&s->events, pe, x[1], x[2], x[3]);
}

static int64_t sdei_call_pe_mask(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_pe_mask(&s->events, pe);
}

static int64_t sdei_call_pe_unmask(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_pe_unmask(&s->events, pe);
}

static int64_t sdei_call_interrupt_bind(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_irq_bind(s, x[1]);
}

static int64_t sdei_call_interrupt_release(SDEIState *s, uint32_t pe,
                                           SDEIArgs x)
{
    uint32_t intid = sdei_irq_of(s, x[1]);

    return sdei_interrupt_release(&s->events, x[1],
                                  intid && sdei_irq_is_active(s, intid));
}

static int64_t sdei_call_event_signal(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    uint32_t target;
    int64_t ret = sdei_event_signal(&s->events, x[1], x[2], &target);

    if (ret == SDEI_SUCCESS) {
        s->signalled = target;
    }
    return ret;
}

static int64_t sdei_call_features(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    uint32_t feature = x[1];
    bool relative = s->events.register_flags & SDEI_REGISTER_RELATIVE;

    if (feature == SDEI_FEATURE_BIND_SLOTS) {
        /* A GIC that lends no line makes slots useless, as GICv5 */
        return s->num_irq ? SDEI_NUM_PPI_SLOTS | SDEI_NUM_SPI_SLOTS << 16 : 0;
    }
    if (feature == SDEI_FEATURE_RELATIVE_MODE && relative) {
        return 1;
    }
    return sdei_fail(s, SDEI_INVALID_PARAMETERS, "no such feature");
}

static int64_t sdei_call_private_reset(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_private_reset(&s->events, pe);
}

static int64_t sdei_call_shared_reset(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_shared_reset(&s->events);
}

static int64_t sdei_call_undefined(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_fail(s, SDEI_NOT_SUPPORTED, "no such function");
}

static int64_t sdei_call_by_others(SDEIState *s, uint32_t pe, SDEIArgs x)
{
    return sdei_fail(s, SDEI_NOT_SUPPORTED,
                     "the caller is not at the client exception level");
}

/*
 * @leaves: on success the vCPU is back in an interrupted context, where X0 has
 * its old value
 */
typedef struct SDEICall {
    const char *name;
    int64_t (*fn)(SDEIState *s, uint32_t pe, SDEIArgs x);
    bool leaves;
} SDEICall;

static const SDEICall sdei_calls[SDEI_FN_COUNT] = {
    [0x00] = { "SDEI_VERSION", sdei_call_version },
    [0x01] = { "SDEI_EVENT_REGISTER", sdei_call_event_register },
    [0x02] = { "SDEI_EVENT_ENABLE", sdei_call_event_enable },
    [0x03] = { "SDEI_EVENT_DISABLE", sdei_call_event_disable },
    [0x04] = { "SDEI_EVENT_CONTEXT", sdei_call_event_context },
    [0x05] = { "SDEI_EVENT_COMPLETE", sdei_call_event_complete,
               .leaves = true },
    [0x06] = { "SDEI_EVENT_COMPLETE_AND_RESUME",
               sdei_call_event_complete_and_resume, .leaves = true },
    [0x07] = { "SDEI_EVENT_UNREGISTER", sdei_call_event_unregister },
    [0x08] = { "SDEI_EVENT_STATUS", sdei_call_event_status },
    [0x09] = { "SDEI_EVENT_GET_INFO", sdei_call_event_get_info },
    [0x0A] = { "SDEI_EVENT_ROUTING_SET", sdei_call_event_routing_set },
    [0x0B] = { "SDEI_PE_MASK", sdei_call_pe_mask },
    [0x0C] = { "SDEI_PE_UNMASK", sdei_call_pe_unmask },
    [0x0D] = { "SDEI_INTERRUPT_BIND", sdei_call_interrupt_bind },
    [0x0E] = { "SDEI_INTERRUPT_RELEASE", sdei_call_interrupt_release },
    [0x0F] = { "SDEI_EVENT_SIGNAL", sdei_call_event_signal },
    [0x10] = { "SDEI_FEATURES", sdei_call_features },
    [0x11] = { "SDEI_PRIVATE_RESET", sdei_call_private_reset },
    [0x12] = { "SDEI_SHARED_RESET", sdei_call_shared_reset },
};

static const SDEICall sdei_undefined_call = {
    "undefined SDEI function", sdei_call_undefined
};

static const SDEICall sdei_call_of_others = {
    "SDEI call of a non-client", sdei_call_by_others
};

/* Which call is it, and with what arguments? */
static const SDEICall *sdei_decode(SDEIState *s, CPUState *cs, SDEIArgs x)
{
    const SDEICall *call;

    /* Where others have their arguments need not be where a client has them */
    if (!s->regs->get_args(cs, s->client_el, x)) {
        memset(x, 0, sizeof(SDEIArgs));
        return &sdei_call_of_others;
    }
    call = &sdei_calls[x[0] & (SDEI_FN_COUNT - 1)];
    return call->fn ? call : &sdei_undefined_call;
}

/* PENDING is an answer, the other errors are a client's mistakes */
static bool sdei_is_guest_error(int64_t result)
{
    switch (result) {
    case SDEI_NOT_SUPPORTED:
    case SDEI_INVALID_PARAMETERS:
    case SDEI_DENIED:
    case SDEI_OUT_OF_RESOURCE:
        return true;
    default:
        return false;
    }
}

bool arm_handle_sdei_call(ARMCPU *cpu)
{
    SDEIState *s = cpu->sdei;
    CPUState *cs = CPU(cpu);
    uint32_t pe = cs->cpu_index;
    const SDEICall *call;
    uint64_t mpidr;
    int64_t result;
    SDEIArgs x;

    if (!s) {
        return false;
    }
    call = sdei_decode(s, cs, x);
    mpidr = s->events.pe[pe].mpidr;
    trace_arm_sdei_call(mpidr, call->name, x[1], x[2], x[3], x[4], x[5]);

    s->events.reason = NULL;
    s->signalled = SDEI_NONE;
    result = call->fn(s, pe, x);
    if (!call->leaves || result != SDEI_SUCCESS) {
        s->regs->set_result(cs, result);
        trace_arm_sdei_ret(mpidr, call->name, result);
    }
    if (s->events.reason && sdei_is_guest_error(result)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "%s(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%"
                      PRIx64 ", 0x%" PRIx64 ") on PE 0x%" PRIx64
                      " = %" PRId64 ": %s\n", call->name, x[1], x[2], x[3],
                      x[4], x[5], mpidr, result, s->events.reason);
    }
    /* The caller's own event is taken after the call has its result */
    sdei_settle_call(s, pe, s->signalled);
    return true;
}
