/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the scenarios of arm-sdei-test share
 *
 * Each file of scenarios has one function that adds them; arm-sdei-test.c
 * calls these.  A scenario is a function that gets a freshly reset guest with
 * all PEs up.  Its path says which sentence broke when it fails.
 */

#ifndef TESTS_QTEST_ARM_SDEI_SCENARIO_H
#define TESTS_QTEST_ARM_SDEI_SCENARIO_H

#include "harness.h"

/* Event 0, the only one that every machine has */
#define EVENT_SW_SIGNALED       0
/* A number that no event has: bit 30 set as in vendor events, no more */
#define EVENT_UNKNOWN           0x7ffffff0

typedef void ScenarioFn(Guest *g, const void *data);

/* When and how to run a scenario */
typedef enum ScenarioFlags {
    SCENARIO_EL1 = 1 << 0,          /* client EL1, HVC */
    SCENARIO_EL2 = 1 << 1,          /* client EL2, SMC */
    SCENARIO_OLD_CORE = 1 << 2,     /* client EL1 on Cortex-A57, GICv2 */
    SCENARIO_8_CPUS = 1 << 3,       /* 8 vCPUs, not 2 */
    SCENARIO_SINGLE = 1 << 4,       /* thread=single, client EL1 */
    SCENARIO_MTE = 1 << 5,          /* client EL1 and EL2, with MTE */
    /* 4 vCPUs and the events of user-event.h */
    SCENARIO_EVENTS_EL1 = 1 << 8,
    SCENARIO_EVENTS_EL2 = 1 << 9,
    SCENARIO_EVENTS_SINGLE = 1 << 10,
    SCENARIO_EVENTS_ICOUNT = 1 << 11,
    /* 4 vCPUs and each kind of GIC */
    SCENARIO_LINES_GICV2 = 1 << 16,
    SCENARIO_LINES_GICV3 = 1 << 17,
    SCENARIO_LINES_NO_ITS = 1 << 18,
    SCENARIO_LINES_EL2 = 1 << 19,
    /* The GIC in the host kernel, of which QEMU has the SPIs alone */
    SCENARIO_LINES_KVM = 1 << 20,

    SCENARIO_BOTH_EL = SCENARIO_EL1 | SCENARIO_EL2,
    SCENARIO_ALL = SCENARIO_BOTH_EL | SCENARIO_OLD_CORE,
    SCENARIO_EVENTS = SCENARIO_EVENTS_EL1 | SCENARIO_EVENTS_EL2,
    SCENARIO_EVENTS_THREADS = SCENARIO_EVENTS | SCENARIO_EVENTS_SINGLE,
    SCENARIO_EVENTS_ALL = SCENARIO_EVENTS_THREADS | SCENARIO_EVENTS_ICOUNT,
    SCENARIO_LINES = SCENARIO_LINES_GICV2 | SCENARIO_LINES_GICV3,
    SCENARIO_LINES_ALL = SCENARIO_LINES | SCENARIO_LINES_NO_ITS |
                         SCENARIO_LINES_EL2,
} ScenarioFlags;

/**
 * scenario_add: add a test for each machine that @flags ask for
 * @data: passed to @fn; must stay
 */
void scenario_add(ScenarioFlags flags, ScenarioFn *fn, const void *data,
                  const char *path_fmt, ...) G_GNUC_PRINTF(4, 5);

/**
 * scenario_aarch32: the machines of @flags on which AArch32 can run
 *
 * Nested virtualization has none.
 */
ScenarioFlags scenario_aarch32(ScenarioFlags flags);

/** event_enable: register event 0 at GUEST_HANDLER(@handler) and enable it */
void event_enable(Guest *g, unsigned cpu, unsigned handler, uint64_t arg);
/** event_ready: the same and PE_UNMASK */
void event_ready(Guest *g, unsigned cpu, unsigned handler, uint64_t arg);
/** event_signal: PE @by signals event 0 to PE @target, successfully */
void event_signal(Guest *g, unsigned by, unsigned target);
/** event_signal_self: begin to; the handler interrupts the call */
uint64_t event_signal_self(Guest *g, unsigned cpu);
/** event_check_status: EVENT_STATUS of event 0 is @expected */
void event_check_status(Guest *g, unsigned cpu, unsigned expected);

/**
 * Entry: what a handler must find
 * @arg: ep_arg of the registration
 * @pc: interrupted PC, any from here ...
 * @pc_last: ... to here; 0 if only @pc will do
 * @pstate: interrupted PSTATE
 * @x: interrupted registers, of which X4-X30 are looked at
 */
typedef struct Entry {
    uint64_t arg;
    uint64_t pc;
    uint64_t pc_last;
    uint64_t pstate;
    const uint64_t *x;
} Entry;

/** entry_check: a handler's frame is as section 3 of the contract says */
void entry_check(Guest *g, unsigned cpu, const GuestFrame *frame,
                 const Entry *entry);
/**
 * entry_pstate: PSTATE of a handler
 * @pstate: that it interrupts
 * @sctlr: SCTLR of the client EL
 * @vhe: HCR_EL2.{E2H,TGE} are set
 */
uint64_t entry_pstate(Guest *g, unsigned cpu, uint64_t pstate, uint64_t sctlr,
                      bool vhe);
/** pe_has_feature: the PE has FEATURE_@bit */
bool pe_has_feature(Guest *g, unsigned cpu, unsigned bit);
/** context_check: EVENT_CONTEXT gives the interrupted X0-X17 */
void context_check(Guest *g, unsigned cpu, const uint64_t x[18]);

void add_call_tests(void);
void add_pmu_tests(void);
void add_state_tests(void);
void add_context_tests(void);
void add_signal_tests(void);
void add_power_tests(void);
void add_psci_tests(void);
void add_machine_tests(void);
void add_user_event_tests(void);
void add_shared_tests(void);
void add_priority_tests(void);
void add_version_tests(void);
void add_event_power_tests(void);
void add_lockstep_tests(void);
void add_many_cpus_tests(void);
void add_debug_tests(void);
void add_migration_tests(void);
void add_stream_tests(void);
void add_every_step_tests(void);
void add_bind_tests(void);
void add_line_tests(void);
void add_device_tests(void);
void add_storm_tests(void);
void add_ghes_tests(void);
void add_memory_failure_tests(void);
void add_irqfd_tests(void);
void add_nmi_tests(void);
void add_query_tests(void);

#endif
