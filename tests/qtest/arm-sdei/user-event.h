/*
 * Events that the scenarios of arm-sdei-test define with -object sdei-event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_ARM_SDEI_USER_EVENT_H
#define TESTS_QTEST_ARM_SDEI_USER_EVENT_H

#include "harness.h"

/*
 * P or S: private or shared; N or C: normal or critical.  The kinds take turns,
 * so that neither kind has all the low numbers.
 */
#define EVENT_PN1       0x40010001
#define EVENT_PC1       0x40010002
#define EVENT_SN1       0x40010003
#define EVENT_SC1       0x40010004
#define EVENT_PN2       0x40010005
#define EVENT_PC2       0x40010006
#define EVENT_SN2       0x40010007
#define EVENT_SC2       0x40010008
#define EVENT_USER(n)   (0x40010000 + (n))

/* Not in the order of their numbers: it is to mean nothing */
#define USER_EVENTS_ARGS \
    "-object sdei-event,id=sc2,number=0x40010008,scope=shared," \
    "priority=critical " \
    "-object sdei-event,id=pn2,number=0x40010005,scope=private," \
    "priority=normal " \
    "-object sdei-event,id=pc1,number=0x40010002,scope=private," \
    "priority=critical " \
    "-object sdei-event,id=sn2,number=0x40010007,scope=shared " \
    "-object sdei-event,id=sc1,number=0x40010004,scope=shared," \
    "priority=critical " \
    "-object sdei-event,id=pn1,number=0x40010001 " \
    "-object sdei-event,id=sn1,number=0x40010003,scope=shared," \
    "priority=normal " \
    "-object sdei-event,id=pc2,number=0x40010006,priority=critical"

typedef struct UserEvent {
    const char *id;
    uint32_t num;
    bool shared;
    bool critical;
} UserEvent;

#define USER_EVENTS     8

/* In the order of their numbers */
extern const UserEvent user_events[USER_EVENTS];

/** user_event: the one with number @num */
const UserEvent *user_event(uint32_t num);

/** user_event_trigger: trigger a private event on PE @cpu, by QMP */
void user_event_trigger(Guest *g, uint32_t num, unsigned cpu);
/** user_event_trigger_shared: trigger a shared event, by QMP */
void user_event_trigger_shared(Guest *g, uint32_t num);
/**
 * user_event_trigger_fails: fail unless QMP refuses to trigger
 * @arguments: JSON, of sdei-trigger-event
 * @text: in the error
 */
void user_event_trigger_fails(QTestState *qts, const char *arguments,
                              const char *text);

/**
 * user_event_enable: PE @cpu registers an event at GUEST_HANDLER(@handler)
 * and enables it
 * @flags: of EVENT_REGISTER, followed by the affinity
 */
#define user_event_enable(g, cpu, num, handler, flags, ...) \
    do { \
        guest_expect(g, cpu, 0, SDEI_EVENT_REGISTER, num, \
                     GUEST_HANDLER(handler), 0, flags, ##__VA_ARGS__); \
        guest_expect(g, cpu, 0, SDEI_EVENT_ENABLE, num); \
    } while (0)

/** user_event_check_status: EVENT_STATUS on PE @cpu is @expected */
#define user_event_check_status(g, cpu, num, expected) \
    guest_expect(g, cpu, expected, SDEI_EVENT_STATUS, num)

/** unmask_all: PE_UNMASK on each PE */
void unmask_all(Guest *g);
/** set_all_modes: what handler @n does on each PE: MODE_* */
void set_all_modes(Guest *g, unsigned n, unsigned mode);
/** count_all: how often handler @n was entered on all PEs together */
uint64_t count_all(Guest *g, unsigned n);
/** wait_count_all: wait until that is @count; fail if it is more */
void wait_count_all(Guest *g, unsigned n, uint64_t count);
/** settle: wait until all PEs are back in their order loops */
void settle(Guest *g);
/**
 * find_handler: wait until one PE has entered handler @n, and no other
 * Returns: which one
 */
unsigned find_handler(Guest *g, unsigned n, GuestFrame *frame);

#endif
