/*
 * A hostile guest for SDEI: calls, and what its two halves share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_FUZZ_ARM_SDEI_CLIENT_H
#define TESTS_FUZZ_ARM_SDEI_CLIENT_H

#include "fuzz.h"

#define FN_VERSION              FN_SDEI(0x00)
#define FN_EVENT_REGISTER       FN_SDEI(0x01)
#define FN_EVENT_ENABLE         FN_SDEI(0x02)
#define FN_EVENT_DISABLE        FN_SDEI(0x03)
#define FN_EVENT_CONTEXT        FN_SDEI(0x04)
#define FN_EVENT_UNREGISTER     FN_SDEI(0x07)
#define FN_EVENT_STATUS         FN_SDEI(0x08)
#define FN_EVENT_GET_INFO       FN_SDEI(0x09)
#define FN_EVENT_ROUTING_SET    FN_SDEI(0x0a)
#define FN_PE_MASK              FN_SDEI(0x0b)
#define FN_PE_UNMASK            FN_SDEI(0x0c)
#define FN_INTERRUPT_BIND       FN_SDEI(0x0d)
#define FN_INTERRUPT_RELEASE    FN_SDEI(0x0e)
#define FN_EVENT_SIGNAL         FN_SDEI(0x0f)
#define FN_FEATURES             FN_SDEI(0x10)
#define FN_PRIVATE_RESET        FN_SDEI(0x11)
#define FN_SHARED_RESET         FN_SDEI(0x12)

#define FN_PSCI_VERSION         0x84000000
#define FN_PSCI_CPU_SUSPEND     0xc4000001
#define FN_PSCI_CPU_OFF         0x84000002
#define FN_PSCI_CPU_ON          0xc4000003
#define FN_PSCI_AFFINITY_INFO   0xc4000004
#define FN_PSCI_SYSTEM_OFF      0x84000008
#define FN_PSCI_SYSTEM_RESET    0x84000009

#define OK                      0ul
#define NOT_SUPPORTED           (-1ul)
#define INVALID_PARAMETERS      (-2ul)
#define DENIED                  (-3ul)
#define PENDING                 (-5ul)
#define OUT_OF_RESOURCE         (-10ul)

#define STATUS_RUNNING          4

#define EVENT_SW                0
#define EVENT_NMI               0x40000001
#define EVENT_GHES              0x40000002
#define EVENT_PPI               0x40000100
#define EVENT_SPI               0x40000200
#define EVENT_USER              0x40010000

#define WAIT_ROUNDS             20000

#define ARRAY_SIZE(a)           (sizeof(a) / sizeof((a)[0]))

/* volatile: other PEs and the host write it */
static volatile Control *const ctl = (Control *)CONTROL;

static inline u64 index_of(const PE *pe)
{
    return pe - (PE *)ctl->pe;
}

/* guest.c */

void fail_at(u64 line, u64 a, u64 b, u64 c, u64 d);

/* Lines of health.c are told by 10000 more */
#ifndef FIRST_LINE
#define FIRST_LINE 0
#endif
#define fail(a, b, c, d) fail_at(FIRST_LINE + __LINE__, a, b, c, d)

u64 mix(u64 z);
u64 call(PE *pe, u64 fn, u64 x1, u64 x2, u64 x3, u64 x4, u64 x5);
int is_error(u64 result);
/** arg_of: what a handler of @event is to find in X1 */
u64 arg_of(u64 event);
int in_handler(PE *pe);
/** resume_fresh: leave the innermost handler, if there is one */
void resume_fresh(PE *pe);
void never_return(void);
/**
 * wait_pattern: pattern_wait() that fails if a register has changed
 * @p: volatile, as there
 */
void wait_pattern(PE *pe, volatile u64 *p, u64 value, u64 rounds);

/* health.c */

u64 total_calls(void);
u64 health_event(PE *pe, u64 event, u64 arg);
void check_health(PE *pe) __attribute__((noreturn));

#endif
