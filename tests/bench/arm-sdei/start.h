/*
 * What the benchmark's C code uses of start.S
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_BENCH_ARM_SDEI_START_H
#define TESTS_BENCH_ARM_SDEI_START_H

typedef unsigned long u64;

typedef struct Chain {
    /* volatile: handlers and other PEs write these */
    volatile u64 left, count, self, start, pstate, end, ready, done;
} Chain;

/* Places in start.S */
extern char secondary[], handler_empty[], handler_resume[], handler_ack[],
            handler_run[], handler_chain[];
u64 now(void);
u64 firmware_call(u64 x0, u64 x1, u64 x2, u64 x3, u64 x4, u64 x5);
u64 time_calls(const u64 x[6], u64 count);
u64 time_pairs(const u64 x[6], const u64 y[2], u64 count);
u64 time_svc(u64 count);
void wait_at_el0(Chain *c);
void pe_main(u64 index);
void unexpected(u64 vector, u64 esr, u64 elr);

#endif
