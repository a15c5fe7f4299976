/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the hostile guest share, and its host with them
 *
 * The host writes a Config into the guest's image, at CONFIG_OFFSET. Control
 * is at a fixed place in RAM, which the host sees: it outlives a reset of the
 * machine, and goes with the guest through snapshots and migration.
 */

#ifndef TESTS_FUZZ_ARM_SDEI_FUZZ_H
#define TESTS_FUZZ_ARM_SDEI_FUZZ_H

#define CONFIG_OFFSET   16
#define CONFIG_SIZE     256
#define CONTROL         0x41800000
#define ZEROES          0x41c00000      /* RAM that nobody writes */
#define MAX_PES         32
#define STACK_SIZE      16384
#define MAX_EVENTS      8

/* Why pe_main() is entered: an exception's vector, or one of these */
#define REASON_RESET    16
#define REASON_POWER    17
#define REASON_FRESH    18              /* COMPLETE_AND_RESUME */

/* How on_event() wants its handler to end */
#define END_COMPLETE    0
#define END_RESUME_ERET 1
#define END_RESUME_FRESH 2

#define FN_SDEI(n)              (0xc4000020 + (n))
#define FN_EVENT_COMPLETE       FN_SDEI(5)
#define FN_COMPLETE_AND_RESUME  FN_SDEI(6)

#ifndef __ASSEMBLER__

typedef unsigned long u64;
typedef unsigned int u32;

/* The fuzz only takes steps of kinds that Config.kinds has, for shrinking */
enum Kind {
    KIND_SDEI,
    KIND_PSCI,
    KIND_POWER,         /* CPU_OFF, CPU_ON */
    KIND_GIC,
    KIND_TIMER,
    KIND_DEVICE,
    KIND_PSTATE,
    KIND_LOWER,         /* a trip to a lower exception level */
    KIND_SLEEP,
    KIND_EXCEPTION,
    KIND_WAIT,
    KIND_WILD,          /* handlers at nonsense addresses */
    KIND_ABANDON,       /* handlers that do not complete */
    KIND_CLIENT,        /* register, enable and unmask as a client would */
    KIND_RESET,         /* PSCI SYSTEM_RESET, SYSTEM_OFF */
    NUM_KINDS,
};

/* Config.flags */
#define FLAG_TURNS      1       /* one PE at a time: the same each time */
#define FLAG_GICV3      2
#define FLAG_KVM        4       /* no PPIs can be bound */
#define FLAG_OFF        8       /* SYSTEM_OFF at the end */

typedef struct Config {
    u64 seed;
    u64 num_pes;
    u64 flags;
    u64 calls;          /* then the health check; 0: the host says when */
    u64 kinds;          /* a bit for each Kind */
    u64 request_every;  /* steps between requests to the host, with turns */
    u64 spis;           /* INTIDs that the GIC has */
    u64 num_events;
    u32 event[MAX_EVENTS];      /* user-defined ones */
    u32 shared[MAX_EVENTS];
} Config;

enum Phase { PHASE_FUZZ, PHASE_HEALTH };

/* Control.turn: a PE's index, or */
#define TURN_HOST       0xff

#define CONTROL_MAGIC   0x5a5a1d1a46555a5aul

/* What a PE shows */
typedef struct PE {
    u64 rng;
    u64 calls;
    u64 steps;
    u64 exceptions;
    u64 events;
    u64 completed;      /* handlers that came to their end */
    u64 started;
    u64 on;
    u64 asleep;
    u64 granted;        /* its turn has begun */
    u64 arrived;        /* at the health check */
    u64 done;           /* last stage of the health check that it has done */
    u64 calls_of[32];
    u64 count[MAX_EVENTS + 4];
    u64 last_fn;
    u64 unused;
} PE;

typedef struct Control {
    u64 magic;
    u64 epoch;          /* resets of the machine */
    u64 phase;
    u64 turn;
    u64 requester;
    u64 requests;
    u64 failure;        /* the line in guest.c that says what is wrong */
    u64 detail[4];
    u64 stage;          /* of the health check */
    u64 wants_triggers; /* the host shall trigger all that it can */
    u64 healthy;
    u64 turn_rng;
    u64 digest;         /* of all calls and results, with turns */
    u64 offing;         /* a PE that is about to be off, with turns */
    u64 unused[15];
    PE pe[MAX_PES];
} Control;

/* Places in start.S */
extern char fresh[], secondary[], handler[], handler_brk[], handler_svc[],
            handler_nops[], eret_here[], lower_start[], lower_end[],
            lower_code[], lower_code32[], vectors[], vectors_below[];
/* volatile: the host has written it into the image */
extern const volatile Config config;

/**
 * firmware: make a call
 * @x: X0-X5
 * @bad: set to a register's number if the call changed one that it must not
 * @instruction: 0: the conduit; 1: HVC; 2: SMC
 */
u64 firmware(const u64 x[6], u64 seed, u64 *bad, u64 instruction);
/**
 * pattern_wait: until [@p] is @value, but not longer than @count rounds, with
 * known values in most registers
 * @p: volatile, as another PE or the host writes it
 * Returns: the number of a register that has changed, or 0
 */
u64 pattern_wait(volatile u64 *p, u64 value, u64 count, u64 seed);
void lower(u64 spsr, u64 entry, volatile u64 *p, u64 value, u64 count,
           u64 how) __attribute__((noreturn));
void open_window(u64 daif, u64 count, u64 spsel);

void pe_main(u64 index, u64 reason, u64 esr, u64 elr)
    __attribute__((noreturn));
u64 on_event(u64 event, u64 arg, u64 pc, u64 pstate);

#endif
#endif
