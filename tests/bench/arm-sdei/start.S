/*
 * Benchmark of SDEI, the guest's part in assembly: what is measured
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs at EL1 with the MMU off and interrupts masked. CONDUIT is the
 * instruction that calls the firmware: hvc or smc.
 */

#include "payload.h"

#define SPSR_EL0        0x3c0           /* EL0t, DAIF masked */

/* The loop at EL0 ends with X8 set, all else of it with X8 = 0 */
#define VECTOR_IRQ        5
#define VECTOR_LOWER_SYNC 8

        .macro  function reg, value
        mov     \reg, #(\value & 0xffff)
        movk    \reg, #(\value >> 16), lsl #16
        .endm

        .macro  firmware
        CONDUIT #0
        .endm

        /* Callee-saved registers: a frame as EL0 and handlers need it */
        .macro  push_saved
        stp     x29, x30, [sp, #-96]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        .endm

        .macro  pop_saved
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     x29, x30, [sp], #96
        .endm

        .section .start, "ax"
        .globl  start
start:
        adrp    x9, bss_start
        add     x9, x9, :lo12:bss_start
        adrp    x10, bss_end
        add     x10, x10, :lo12:bss_end
1:      stp     xzr, xzr, [x9], #16
        cmp     x9, x10
        b.lo    1b
        mov     x0, xzr
        /* fall through */

        /* All PEs: X0 = index */
        .globl  secondary
secondary:
        msr     daifset, #15
        msr     spsel, #1
        adrp    x9, stacks
        add     x9, x9, :lo12:stacks
        add     x10, x0, #1
        mov     x11, #STACK_SIZE
        madd    x9, x10, x11, x9
        mov     sp, x9
        adr     x9, vectors
        msr     vbar_el1, x9
        isb
        bl      pe_main
1:      wfi
        b       1b

        .balign 2048
vectors:
        .set    index, 0
        .rept   16
        .balign 128
        .if     index == VECTOR_LOWER_SYNC
        tbnz    x8, #0, leave_el0
        eret
        .elseif index == VECTOR_IRQ
        b       interrupt
        .else
        mov     x0, #index
        mrs     x1, esr_el1
        mrs     x2, elr_el1
        b       unexpected
        .endif
        .set    index, index + 1
        .endr

/*
 * SGI 0 counts at [TPIDR_EL1], as handler_ack does; all else is that of a
 * device.
 */
interrupt:
        stp     x0, x1, [sp, #-160]!
        mrs     x0, S3_0_C12_C12_0      /* ICC_IAR1_EL1 */
        cbnz    x0, 1f
        mrs     x1, tpidr_el1
        ldr     x0, [x1]
        add     x0, x0, #1
        str     x0, [x1]
        msr     S3_0_C12_C12_1, xzr     /* ICC_EOIR1_EL1 */
        ldp     x0, x1, [sp], #160
        eret
1:      stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x0, x30, [sp, #144]
        bl      device_interrupt
        ldr     x0, [sp, #144]
        msr     S3_0_C12_C12_1, x0      /* ICC_EOIR1_EL1 */
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldr     x30, [sp, #152]
        ldp     x0, x1, [sp], #160
        eret

/* uint64_t now(void) */
        .globl  now
now:
        isb
        mrs     x0, cntvct_el0
        ret

/* int64_t firmware_call(x0, x1, x2, x3, x4, x5) */
        .globl  firmware_call
firmware_call:
        firmware
        ret

/* uint64_t time_calls(const uint64_t x[6], uint64_t count) */
        .globl  time_calls
time_calls:
        push_saved
        ldp     x19, x20, [x0]
        ldp     x21, x22, [x0, #16]
        ldp     x23, x24, [x0, #32]
        mov     x28, x1
        isb
        mrs     x27, cntvct_el0
1:      mov     x0, x19
        mov     x1, x20
        mov     x2, x21
        mov     x3, x22
        mov     x4, x23
        mov     x5, x24
        firmware
        subs    x28, x28, #1
        b.ne    1b
        isb
        mrs     x0, cntvct_el0
        sub     x0, x0, x27
        pop_saved
        ret

/*
 * uint64_t time_pairs(const uint64_t x[6], const uint64_t y[2],
 *                     uint64_t count)
 * where the second call takes its first two arguments only
 */
        .globl  time_pairs
time_pairs:
        push_saved
        ldp     x19, x20, [x0]
        ldp     x21, x22, [x0, #16]
        ldp     x23, x24, [x0, #32]
        ldp     x25, x26, [x1]
        mov     x28, x2
        isb
        mrs     x27, cntvct_el0
1:      mov     x0, x19
        mov     x1, x20
        mov     x2, x21
        mov     x3, x22
        mov     x4, x23
        mov     x5, x24
        firmware
        mov     x0, x25
        mov     x1, x26
        firmware
        subs    x28, x28, #1
        b.ne    1b
        isb
        mrs     x0, cntvct_el0
        sub     x0, x0, x27
        pop_saved
        ret

/* uint64_t time_svc(uint64_t count): SVC at EL0, ERET at EL1, and back */
        .globl  time_svc
time_svc:
        push_saved
        mov     x28, x0
        mov     x8, xzr
        mov     x9, #SPSR_EL0
        msr     spsr_el1, x9
        adr     x9, 1f
        msr     elr_el1, x9
        isb
        mrs     x27, cntvct_el0
        eret
1:      svc     #0
        subs    x28, x28, #1
        b.ne    1b
        mov     x8, #1
        svc     #0

/* End of the code at EL0; if X27 is a time, return how long ago it was */
leave_el0:
        isb
        mrs     x0, cntvct_el0
        sub     x0, x0, x27
        pop_saved
        ret

/* void wait_at_el0(struct chain *) */
        .globl  wait_at_el0
wait_at_el0:
        push_saved
        mov     x19, x0
        mov     x20, #1
        mov     x9, #SPSR_EL0
        msr     spsr_el1, x9
        adr     x9, 1f
        msr     elr_el1, x9
        eret
1:      str     x20, [x19, #CHAIN_READY]
        ldr     x9, [x19, #CHAIN_DONE]
        cbz     x9, 1b
        mov     x8, #1
        svc     #0

/* Handlers: X0 = event, X1 = argument; X0-X17 may be used */

/* Do nothing */
        .globl  handler_empty
handler_empty:
        function x0, FN_EVENT_COMPLETE
        mov     x1, xzr
        firmware

/* Do nothing, and take an exception to where an ERET goes on */
        .globl  handler_resume
handler_resume:
        function x0, FN_COMPLETE_AND_RESUME
        adr     x1, 1f
        firmware
1:      eret

/* Count at [X1] */
        .globl  handler_ack
handler_ack:
        ldr     x2, [x1]
        add     x2, x2, #1
        str     x2, [x1]
        function x0, FN_EVENT_COMPLETE
        mov     x1, xzr
        firmware

/* Execute the C function at X1 */
        .globl  handler_run
handler_run:
        push_saved
        blr     x1
        pop_saved
        function x0, FN_EVENT_COMPLETE
        mov     x1, xzr
        firmware

/*
 * Signal the next event before this one completes, so that it arrives as soon
 * as the PE is back where this one has interrupted it. Each round is thus a
 * SIGNAL, an entry and a COMPLETE. X1 = struct chain; the rounds before
 * CHAIN_COUNT are left are not timed.
 */
        .globl  handler_chain
handler_chain:
        ldp     x4, x5, [x1, #CHAIN_LEFT]
        cmp     x4, x5
        b.eq    chain_start
chain:  cbz     x4, chain_end
        sub     x4, x4, #1
        str     x4, [x1, #CHAIN_LEFT]
        ldr     x2, [x1, #CHAIN_SELF]
        function x0, FN_EVENT_SIGNAL
        mov     x1, xzr
        firmware
        function x0, FN_EVENT_COMPLETE
        mov     x1, xzr
        firmware

chain_start:
        isb
        mrs     x6, cntvct_el0
        str     x6, [x1, #CHAIN_START]
        b       chain

chain_end:
        isb
        mrs     x6, cntvct_el0
        stp     x3, x6, [x1, #CHAIN_PSTATE]
        mov     x6, #1
        str     x6, [x1, #CHAIN_DONE]
        b       handler_empty

        .bss
        .balign 16
stacks: .skip   MAX_PES * STACK_SIZE
