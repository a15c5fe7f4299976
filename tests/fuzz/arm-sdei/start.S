/*
 * A hostile guest for SDEI: entry, vectors, handlers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever goes wrong ends in an exception, and each exception ends in a
 * fresh start of the PE's main loop: nothing that was on its stack is gone
 * back to. So what is interrupted by a handler that gets lost must not be
 * completed into, only by COMPLETE_AND_RESUME to "fresh".
 */

#include "fuzz.h"

        .macro  function reg, value
        mov     \reg, #(\value & 0xffff)
        movk    \reg, #(\value >> 16), lsl #16
        .endm

        /* The conduit: HVC at EL1, SMC at EL2; uses X16 and X17 */
        .macro  conduit
        mrs     x16, CurrentEL
        cmp     x16, #8
        b.eq    .Lsmc\@
        hvc     #0
        b       .Ldone\@
.Lsmc\@:
        smc     #0
.Ldone\@:
        .endm

        .macro  push_saved
        stp     x29, x30, [sp, #-112]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        str     x18, [sp, #96]
        .endm

        .macro  pop_saved
        ldr     x18, [sp, #96]
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     x29, x30, [sp], #112
        .endm


        .section .start, "ax"
        .globl  start
start:
        b       cold
        .balign CONFIG_OFFSET
        .globl  config
config: .skip   CONFIG_SIZE

cold:
        adrp    x9, bss_start
        add     x9, x9, :lo12:bss_start
        adrp    x10, bss_end
        add     x10, x10, :lo12:bss_end
1:      str     xzr, [x9]
        add     x9, x9, #8
        cmp     x9, x10
        b.lo    1b
        mov     x20, #REASON_RESET
        b       start_pe

        .globl  secondary
secondary:
        mov     x20, #REASON_POWER
        b       start_pe

        .globl  fresh
fresh:
        mov     x20, #REASON_FRESH
        mov     x21, xzr
        mov     x22, xzr

        /* X20 = reason, X21 = ESR, X22 = ELR; all else is of no value */
start_pe:
        msr     daifset, #15
        msr     spsel, #1
        msr     mdscr_el1, xzr
        mrs     x0, mpidr_el1
        ubfx    x1, x0, #8, #8
        and     x0, x0, #255
        add     x0, x0, x1, lsl #4
        adrp    x9, stacks
        add     x9, x9, :lo12:stacks
        add     x10, x0, #1
        mov     x11, #STACK_SIZE
        madd    x9, x10, x11, x9
        mov     sp, x9
        adr     x9, vectors
        mrs     x10, CurrentEL
        cmp     x10, #8
        b.ne    1f
        msr     vbar_el2, x9
        adr     x9, vectors_below
1:      msr     vbar_el1, x9
        isb
        mov     x1, x20
        mov     x2, x21
        mov     x3, x22
        bl      pe_main

        .balign 2048
        .globl  vectors
vectors:
        .set    index, 0
        .rept   16
        .balign 128
        mov     x20, #index
        b       exception
        .set    index, index + 1
        .endr

        /* Of EL1 below a client at EL2 */
        .balign 2048
        .globl  vectors_below
vectors_below:
        .rept   16
        .balign 128
        hvc     #1
        b       .
        .endr

exception:
        mrs     x9, CurrentEL
        cmp     x9, #8
        b.eq    1f
        mrs     x21, esr_el1
        mrs     x22, elr_el1
        b       start_pe
1:      mrs     x21, esr_el2
        mrs     x22, elr_el2
        b       start_pe

/* Handlers: X0 = event, X1 = argument, X2 = PC, X3 = PSTATE */

        .globl  handler
handler:
        push_saved
        bl      on_event
        pop_saved
        cmp     x0, #END_RESUME_ERET
        b.eq    1f
        b.hi    2f
        function x0, FN_EVENT_COMPLETE
        conduit
        brk     #1
1:      adr     x1, eret_here
        b       3f
2:      adr     x1, fresh
3:      function x0, FN_COMPLETE_AND_RESUME
        conduit
        brk     #2

        .globl  eret_here
eret_here:
        eret

        .globl  handler_nops
handler_nops:
        nop
        nop
        .globl  handler_brk
handler_brk:
        brk     #3
        .globl  handler_svc
handler_svc:
        svc     #4

/* Calls */

        .macro  pattern reg, n, seed
        add     \reg, \seed, #\n
        .endm

        .macro  check reg, n, seed
        mov     x16, #\n
        sub     \reg, \reg, \seed
        cmp     \reg, #\n
        b.ne    9f
        .endm

        .globl  firmware
firmware:
        push_saved
        stp     x2, x1, [sp, #-16]!
        mov     x19, x1
        mov     x16, x0
        mov     x17, x3
        .irp    n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        pattern x\n, \n, x19
        .endr
        .irp    n, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        pattern x\n, \n, x19
        .endr
        ldp     x0, x1, [x16]
        ldp     x2, x3, [x16, #16]
        ldp     x4, x5, [x16, #32]
        mov     x18, x4
        mov     x30, x5
        cbz     x17, 1f
        cmp     x17, #1
        b.eq    2f
3:      smc     #0
        b       4f
1:      mrs     x17, CurrentEL
        cmp     x17, #8
        b.eq    3b
2:      hvc     #0
4:      mov     x16, #4
        cmp     x4, x18
        b.ne    9f
        mov     x16, #5
        cmp     x5, x30
        b.ne    9f
        .irp    n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        check   x\n, \n, x19
        .endr
        .irp    n, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        check   x\n, \n, x19
        .endr
        mov     x16, xzr
9:      ldr     x2, [sp], #16
        cbz     x16, 1f
        str     x16, [x2]
1:      pop_saved
        ret

        .globl  pattern_wait
pattern_wait:
        push_saved
        .irp    n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        pattern x\n, \n, x3
        .endr
        .irp    n, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        pattern x\n, \n, x3
        .endr
1:      ldr     x16, [x0]
        cmp     x16, x1
        b.eq    2f
        yield
        subs    x2, x2, #1
        b.ne    1b
2:
        .irp    n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        check   x\n, \n, x3
        .endr
        .irp    n, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        check   x\n, \n, x3
        .endr
        mov     x16, xzr
9:      mov     x0, x16
        pop_saved
        ret

/* open_window(daif, count, spsel): take what is pending */
        .globl  open_window
open_window:
        cbz     x2, 1f
        msr     spsel, #0
1:      msr     daif, x0
2:      subs    x1, x1, #1
        b.hi    2b
        msr     daifset, #15
        msr     spsel, #1
        ret

/* lower(spsr, entry, p, value, count, how) */
        .globl  lower, lower_start, lower_end
lower:
lower_start:
        mrs     x9, CurrentEL
        cmp     x9, #8
        b.eq    1f
        msr     spsr_el1, x0
        msr     elr_el1, x1
        b       2f
1:      msr     spsr_el2, x0
        msr     elr_el2, x1
2:      mov     x0, x2
        mov     x1, x3
        mov     x2, x4
        mov     x3, x5
        eret
lower_end:

/* Below: until [X0] is X1 or X2 is 0, then an exception of kind X3 */
        .globl  lower_code
lower_code:
1:      ldr     x9, [x0]
        cmp     x9, x1
        b.eq    2f
        subs    x2, x2, #1
        b.ne    1b
2:      function x0, FN_SDEI(8)
        cmp     x3, #1
        b.eq    3f
        cmp     x3, #2
        b.eq    4f
        cmp     x3, #3
        b.eq    5f
        svc     #0
3:      hvc     #0
        svc     #0
4:      smc     #0
        svc     #0
5:      brk     #0
        svc     #0

/* The same in A32 */
        .balign 4
        .globl  lower_code32
lower_code32:
        .inst   0xe5903000              /* ldr  r3, [r0] */
        .inst   0xe1530001              /* cmp  r3, r1 */
        .inst   0x0a000001              /* beq  2f */
        .inst   0xe2522001              /* subs r2, r2, #1 */
        .inst   0x1afffffa              /* bne  1b */
        .inst   0xef000000              /* svc  #0 */

        .bss
        .balign 16
stacks: .skip   MAX_PES * STACK_SIZE
