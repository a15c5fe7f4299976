/*
 * Guest program of the arm-sdei qtest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each PE polls its mailbox for orders of the test and carries them out, both
 * in its main loop and inside SDEI handlers.  layout.h is the whole interface;
 * harness.h is how tests use it.  The bytes in guest.h are made from this file
 * by mkguest.sh, which says how.
 *
 * The MMU stays off.  The client exception level, "ELx" below, is the one the
 * machine starts us at: EL1 or EL2.  There
 *
 *   SP_ELx     is this PE's stack and valid at all times: on entry to a frame
 *              it is the only register that may be used before it is saved,
 *   TPIDR_ELx  points to this PE's area.
 *
 * Within this file X28 is this PE's area, X27 the innermost frame (0 in the
 * main loop), X26 the order being carried out, X25 its result and X21 its
 * sequence number.  The dispatcher gives X0-X17 back at COMPLETE, the way out
 * of a frame gives back the rest.
 */

#include "layout.h"

#define RUN_SAVE        0x70    /* X19-X30 and the outer PE_RUN_SP */
#define RUN_SAVE_X25    0x30
#define RUN_SAVE_OUTER  0x60

#define POLLS_BEFORE_SLEEP      200
#define POLLS_BEFORE_LONG_SLEEP 264

#define HCR_RW_BIT      31
#define HCR_E2H_BIT     34
#define CPTR_EL2_RES1   0x33ff

/* With E2H the names of EL1 mean EL2's registers, and these EL1's */
#define CPACR_EL12      S3_5_C1_C0_2
#define VBAR_EL12       S3_5_C12_C0_0
#define ELR_EL12        S3_5_C4_C0_1
#define SPSR_EL12       S3_5_C4_C0_0
#define ESR_EL12        S3_5_C5_C2_0

#define CPACR_FPEN      (3 << 20)
#define SPSR_IL         (1 << 20)
#define SPSR_SS         (1 << 21)
#define SPSR_I          (1 << 7)

#define EC_ILLEGAL      0x0e
#define EC_SVC32        0x11
#define EC_HVC32        0x12
#define EC_SVC64        0x15
#define EC_HVC64        0x16
#define EC_STEP_LOWER   0x32
#define EC_STEP         0x33

        /* Read and write the ELx instance of a system register */
        .macro  mrs_elx reg, name
        mrs     \reg, CurrentEL
        tbz     \reg, #3, 771f
        mrs     \reg, \name\()_el2
        b       772f
771:    mrs     \reg, \name\()_el1
772:
        .endm

        .macro  msr_elx name, reg, scratch
        mrs     \scratch, CurrentEL
        tbz     \scratch, #3, 771f
        msr     \name\()_el2, \reg
        b       772f
771:    msr     \name\()_el1, \reg
772:
        .endm

        /* Set \old to the word at [\addr], and increment that word */
        .macro  fetch_inc old, addr, scratch
771:    ldxr    \old, [\addr]
        add     \scratch, \old, #1
        stxr    w17, \scratch, [\addr]
        cbnz    w17, 771b
        .endm

        /* Save what a frame entry needs, and go on: 4 instructions */
        .macro  enter id
        sub     sp, sp, #FRAME_SIZE
        stp     x0, x1, [sp, #FRAME_X(0)]
        mov     x0, #\id
        b       frame_common
        .endm

        .macro  vector id
        .balign 128
        enter   \id
        .endm

        /* PSTATE field \name of the running code, 0 if not implemented */
        .macro  save_pstate feature, reg, offset
        mov     x1, xzr
        tbz     x3, #\feature, 771f
        mrs     x1, \reg
771:    str     x1, [sp, #\offset]
        .endm

        /* x_first.. from an array at \base, which must not be among them */
        .macro  load_x2_x17 base, offset
        ldp     x2, x3, [\base, #(\offset + 16)]
        ldp     x4, x5, [\base, #(\offset + 32)]
        ldp     x6, x7, [\base, #(\offset + 48)]
        ldp     x8, x9, [\base, #(\offset + 64)]
        ldp     x10, x11, [\base, #(\offset + 80)]
        ldp     x12, x13, [\base, #(\offset + 96)]
        ldp     x14, x15, [\base, #(\offset + 112)]
        ldp     x16, x17, [\base, #(\offset + 128)]
        .endm

        .macro  load_x18_x30 base, offset
        ldp     x18, x19, [\base, #(\offset + 144)]
        ldp     x20, x21, [\base, #(\offset + 160)]
        ldp     x22, x23, [\base, #(\offset + 176)]
        ldp     x24, x25, [\base, #(\offset + 192)]
        ldp     x26, x27, [\base, #(\offset + 208)]
        ldp     x28, x29, [\base, #(\offset + 224)]
        ldr     x30, [\base, #(\offset + 240)]
        .endm

        .text
        .balign 2048
guest:
        mov     x0, xzr                 /* PE 0: started as a kernel */
        b       boot

        .org    GUEST_SECONDARY - GUEST_BASE
boot:
        msr     daifset, #15
        msr     spsel, #1
        mov     x28, #PE_BASE
        add     x28, x28, x0, lsl #PE_SHIFT
        mov     x9, #PE_STACK_TOP
        add     x9, x28, x9
        mov     sp, x9
        str     x0, [x28, #PE_INDEX]
        msr_elx tpidr, x28, x9
        adr     x9, vectors
        msr_elx vbar, x9, x10
        mov     x9, #CPACR_FPEN
        msr     cpacr_el1, x9
        mrs     x10, CurrentEL
        lsr     x10, x10, #2
        str     x10, [x28, #PE_EL]
        tbz     x10, #1, 1f
        /* EL2: what runs below is AArch64 and comes back here */
        mrs     x9, hcr_el2
        orr     x9, x9, #(1 << HCR_RW_BIT)
        msr     hcr_el2, x9
        isb
        adr     x10, fwd_vectors
        tbnz    x9, #HCR_E2H_BIT, 2f
        msr     vbar_el1, x10
        mov     x9, #CPTR_EL2_RES1
        msr     cptr_el2, x9
        b       1f
2:      msr     VBAR_EL12, x10
        mov     x9, #CPACR_FPEN
        msr     CPACR_EL12, x9
1:      isb
        bl      find_features
        mrs     x9, mpidr_el1
        str     x9, [x28, #PE_MPIDR]
        str     xzr, [x28, #PE_DEPTH]
        str     xzr, [x28, #PE_TOP]
        str     xzr, [x28, #PE_RUN_SP]
        ldr     x9, [x28, #PE_REQ]      /* orders from before are void */
        str     x9, [x28, #PE_TAKEN]
        ldr     x9, [x28, #PE_BOOTS]
        add     x9, x9, #1
        str     x9, [x28, #PE_BOOTS]
        mov     x9, #(READY_MAGIC & 0xffff)
        movk    x9, #(READY_MAGIC >> 16), lsl #16
        dmb     ish
        str     x9, [x28, #PE_READY]
        mov     x27, xzr
        b       serve

        .macro  feature idreg, shift, min, bit
        mrs     x9, \idreg
        ubfx    x9, x9, #\shift, #4
        cmp     x9, #\min
        b.lo    771f
        orr     x10, x10, #(1 << \bit)
771:
        .endm

find_features:
        mov     x10, xzr
        feature id_aa64mmfr1_el1, 20, 1, FEATURE_PAN_BIT
        feature S3_0_C0_C7_2, 4, 1, FEATURE_UAO_BIT     /* ID_AA64MMFR2 */
        feature id_aa64pfr0_el1, 48, 1, FEATURE_DIT_BIT
        feature id_aa64pfr1_el1, 4, 2, FEATURE_SSBS_BIT
        feature id_aa64pfr1_el1, 8, 2, FEATURE_MTE_BIT
        feature id_aa64pfr1_el1, 36, 1, FEATURE_NMI_BIT
        feature S3_0_C0_C6_2, 0, 2, FEATURE_WFXT_BIT    /* ID_AA64ISAR2 */
        mrs     x9, CurrentEL
        tbz     x9, #3, 1f
        mrs     x9, hcr_el2
        tbz     x9, #HCR_E2H_BIT, 1f
        orr     x10, x10, #(1 << FEATURE_E2H_BIT)
1:      str     x10, [x28, #PE_FEATURES]
        ret

        .org    GUEST_VECTORS - GUEST_BASE
vectors:
        .rept   4
        vector  ID_SYNC
        vector  ID_IRQ
        vector  ID_FIQ
        vector  ID_SERROR
        .endr

        .org    GUEST_HANDLER(0) - GUEST_BASE
        .irp    n, 0, 1, 2, 3, 4, 5, 6
        .balign 32
        enter   ID_HANDLER(\n)
        .endr
        .balign 32
        svc     #PROBE_IMM              /* shows the PSTATE that we got */
        enter   ID_HANDLER(HANDLER_PROBE)

        .org    GUEST_RESUME(0) - GUEST_BASE
        .irp    n, 0, 1, 2, 3
        .balign 32
        enter   ID_RESUME(\n)
        .endr

        /*
         * All frames start here: X0 = id; X0, X1 are saved.  Then
         * X19 = id, X20 = its PE_ENTRY.
         */
frame_common:
        stp     x2, x3, [sp, #FRAME_X(2)]
        stp     x4, x5, [sp, #FRAME_X(4)]
        stp     x6, x7, [sp, #FRAME_X(6)]
        stp     x8, x9, [sp, #FRAME_X(8)]
        stp     x10, x11, [sp, #FRAME_X(10)]
        stp     x12, x13, [sp, #FRAME_X(12)]
        stp     x14, x15, [sp, #FRAME_X(14)]
        stp     x16, x17, [sp, #FRAME_X(16)]
        stp     x18, x19, [sp, #FRAME_X(18)]
        stp     x20, x21, [sp, #FRAME_X(20)]
        stp     x22, x23, [sp, #FRAME_X(22)]
        stp     x24, x25, [sp, #FRAME_X(24)]
        stp     x26, x27, [sp, #FRAME_X(26)]
        stp     x28, x29, [sp, #FRAME_X(28)]
        add     x1, sp, #FRAME_SIZE
        stp     x30, x1, [sp, #FRAME_X(30)]     /* and FRAME_SP */
        mrs     x1, nzcv
        mrs     x2, daif
        stp     x1, x2, [sp, #FRAME_NZCV]
        mrs     x1, CurrentEL
        mrs     x2, spsel
        stp     x1, x2, [sp, #FRAME_CURRENTEL]
        mrs_elx x28, tpidr
        ldr     x3, [x28, #PE_FEATURES]
        save_pstate FEATURE_PAN_BIT, S3_0_C4_C2_3, FRAME_PAN
        save_pstate FEATURE_UAO_BIT, S3_0_C4_C2_4, FRAME_UAO
        save_pstate FEATURE_DIT_BIT, S3_3_C4_C2_5, FRAME_DIT
        save_pstate FEATURE_SSBS_BIT, S3_3_C4_C2_6, FRAME_SSBS
        save_pstate FEATURE_MTE_BIT, S3_3_C4_C2_7, FRAME_TCO
        save_pstate FEATURE_NMI_BIT, S3_0_C4_C3_0, FRAME_ALLINT
        mrs_elx x1, elr
        mrs_elx x2, spsr
        stp     x1, x2, [sp, #FRAME_ELR]
        mrs_elx x1, esr
        mrs_elx x2, far
        stp     x1, x2, [sp, #FRAME_ESR]
        mov     x1, xzr
        mov     x2, xzr
        mov     x3, xzr
        mrs     x4, CurrentEL
        tbz     x4, #3, 1f
        mrs     x4, hcr_el2
        tbnz    x4, #HCR_E2H_BIT, 2f
        mrs     x1, elr_el1
        mrs     x2, spsr_el1
        mrs     x3, esr_el1
        b       1f
2:      mrs     x1, ELR_EL12
        mrs     x2, SPSR_EL12
        mrs     x3, ESR_EL12
1:      stp     x1, x2, [sp, #FRAME_ELR_EL1]
        str     x3, [sp, #FRAME_ESR_EL1]

        mov     x27, sp
        mov     x19, x0
        add     x20, x28, #PE_ENTRY(0)
        add     x20, x20, x19, lsl #5
        add     x9, x20, #ENTRY_COUNT
        fetch_inc x10, x9, x11
        ldr     x9, [x28, #PE_TOP]
        str     x9, [x27, #FRAME_PREV]
        ldr     x4, [x28, #PE_DEPTH]
        add     x4, x4, #1
        mov     x9, #GLOBAL_BASE
        fetch_inc x5, x9, x11
        stp     x19, x4, [x27, #FRAME_ID]
        str     x5, [x27, #FRAME_TICKET]
        str     xzr, [x27, #FRAME_LEAVE_SEQ]

        add     x9, x28, #PE_LOG_COUNT
        fetch_inc x6, x9, x11
        and     x6, x6, #(LOG_ENTRIES - 1)
        add     x6, x28, x6, lsl #5
        add     x6, x6, #PE_LOG(0)
        orr     x7, x19, x4, lsl #8
        stp     x5, x7, [x6, #LOG_TICKET]
        ldr     x7, [x27, #FRAME_X(0)]
        ldr     x8, [x27, #FRAME_X(2)]
        stp     x7, x8, [x6, #LOG_X0]

        str     x27, [x28, #PE_TOP]
        dmb     ish
        str     x4, [x28, #PE_DEPTH]

        cmp     x19, #ID_SYNC
        b.eq    sync
not_ours:
        ldr     x9, [x20, #ENTRY_MODE]
        cmp     x9, #MODE_SERVE
        b.eq    serve
        cmp     x19, #ID_SYNC
        b.hs    exception
        cmp     x9, #MODE_PARK
        b.eq    .
        bl      poke
        cmp     x19, #ID_RESUME(0)
        b.hs    leave_eret

        /* A handler that leaves by itself */
        ldr     x9, [x20, #ENTRY_MODE]
        cmp     x9, #MODE_OFF
        b.eq    cpu_off
        cmp     x9, #MODE_RESUME
        mov     x0, #(FN_EVENT_COMPLETE & 0xffff)
        movk    x0, #(FN_EVENT_COMPLETE >> 16), lsl #16
        mov     x1, xzr
        b.ne    1f
        add     x0, x0, #(FN_COMPLETE_AND_RESUME - FN_EVENT_COMPLETE)
        ldr     x1, [x28, #PE_RESUME_ADDR]
1:      ldr     x9, [x28, #PE_EL]
        tbnz    x9, #1, leave_auto_smc
        b       leave_auto_hvc

cpu_off:
        mov     x0, #(FN_PSCI_CPU_OFF & 0xffff)
        movk    x0, #(FN_PSCI_CPU_OFF >> 16), lsl #16
        ldr     x9, [x28, #PE_EL]
        tbnz    x9, #1, 1f
        hvc     #0
1:      smc     #0
        b       .

poke:
        ldr     x9, [x20, #ENTRY_POKE_ADDR]
        ldr     w10, [x20, #ENTRY_POKE_VALUE]
        cbz     x9, 1f
        str     w10, [x9]
1:      ret

        /*
         * Synchronous exceptions: the end of a run, the probe, or one that
         * nobody ordered.
         */
sync:
        ldr     x9, [x27, #FRAME_ESR]
        ubfx    x10, x9, #26, #6
        and     x11, x9, #0xffff
        mov     x12, #FWD_IMM
        cmp     x10, #EC_HVC64
        mov     x13, #EC_HVC32
        ccmp    x10, x13, #4, ne
        ccmp    x11, x12, #0, eq
        b.eq    run_end
        cmp     x10, #EC_SVC64
        mov     x12, #EC_SVC32
        ccmp    x10, x12, #4, ne
        b.ne    not_ours
        mov     x12, #RUN_END_IMM
        cmp     x11, x12
        b.eq    run_end
        mov     x12, #PROBE_IMM
        cmp     x11, x12
        b.ne    not_ours
        ldr     x9, [x27, #FRAME_SPSR]
        str     x9, [x28, #PE_PROBE_SPSR]
        ldr     x9, [x28, #PE_PROBE_COUNT]
        add     x9, x9, #1
        str     x9, [x28, #PE_PROBE_COUNT]
        b       leave_eret

run_end:
        ldr     x9, [x28, #PE_RUN_SP]
        cbz     x9, not_ours
        ldr     x25, [x9, #RUN_SAVE_X25]
        mov     x10, x27
        mov     x11, x25
        add     x12, x25, #FRAME_SIZE
1:      ldp     x13, x14, [x10], #16
        stp     x13, x14, [x11], #16
        cmp     x11, x12
        b.lo    1b
        ldr     x10, [x27, #FRAME_DEPTH]
        sub     x10, x10, #1
        str     x10, [x25, #FRAME_DEPTH]
        ldr     x11, [x27, #FRAME_PREV]
        str     x11, [x28, #PE_TOP]
        str     x10, [x28, #PE_DEPTH]
        mov     sp, x9
        ldr     x10, [sp, #RUN_SAVE_OUTER]
        str     x10, [x28, #PE_RUN_SP]
        ldp     x19, x20, [sp, #0x00]
        ldp     x21, x22, [sp, #0x10]
        ldp     x23, x24, [sp, #0x20]
        ldp     x25, x26, [sp, #0x30]
        ldp     x27, x28, [sp, #0x40]
        ldp     x29, x30, [sp, #0x50]
        add     sp, sp, #RUN_SAVE
        b       done

        /* SYNC, IRQ, FIQ and SERROR without MODE_SERVE */
exception:
        cmp     x19, #ID_IRQ
        b.ne    1f
        ldr     x9, [x28, #PE_IRQ_MODE]
        cmp     x9, #IRQ_UNEXPECTED
        b.ne    take_irq
1:      str     x19, [x28, #PE_EXC_ID]
        ldr     x9, [x27, #FRAME_ESR]
        str     x9, [x28, #PE_EXC_ESR]
        ldr     x10, [x27, #FRAME_ELR]
        str     x10, [x28, #PE_EXC_ELR]
        ldr     x11, [x27, #FRAME_FAR]
        str     x11, [x28, #PE_EXC_FAR]
        ldr     x12, [x27, #FRAME_SPSR]
        str     x12, [x28, #PE_EXC_SPSR]
        add     x13, x28, #PE_EXC_COUNT
        fetch_inc x14, x13, x15

        /* Step over it, so that the run goes on and the test can tell */
        cmp     x19, #ID_SYNC
        b.ne    mask_irq
        ubfx    x9, x9, #26, #6
        cmp     x9, #EC_ILLEGAL
        b.eq    clear_il
        cmp     x9, #EC_STEP_LOWER
        b.eq    stop_stepping
        cmp     x9, #EC_STEP
        b.eq    stop_stepping
        cmp     x9, #EC_SVC64
        b.eq    leave_eret
        cmp     x9, #EC_SVC32
        b.eq    leave_eret
        cmp     x9, #EC_HVC64
        b.eq    leave_eret
        cmp     x9, #EC_HVC32
        b.eq    leave_eret
        add     x10, x10, #4
        str     x10, [x27, #FRAME_ELR]
        b       leave_eret
clear_il:
        bic     x12, x12, #SPSR_IL
        str     x12, [x27, #FRAME_SPSR]
        b       leave_eret
stop_stepping:
        mrs     x9, mdscr_el1
        bic     x9, x9, #1
        msr     mdscr_el1, x9
        bic     x12, x12, #SPSR_SS
        str     x12, [x27, #FRAME_SPSR]
        b       leave_eret
mask_irq:
        orr     x12, x12, #SPSR_I
        str     x12, [x27, #FRAME_SPSR]
        b       leave_eret

take_irq:
        cmp     x9, #IRQ_GICV2
        b.eq    1f
        mrs     x21, S3_0_C12_C12_0     /* ICC_IAR1_EL1 */
        str     x21, [x28, #PE_IRQ_LAST]
        bl      poke
        dsb     sy
        msr     S3_0_C12_C12_1, x21     /* ICC_EOIR1_EL1 */
        isb
        b       leave_eret
1:      ldr     x22, [x28, #PE_GICC]
        ldr     w21, [x22, #0xc]        /* GICC_IAR */
        str     x21, [x28, #PE_IRQ_LAST]
        bl      poke
        dsb     sy
        str     w21, [x22, #0x10]       /* GICC_EOIR */
        b       leave_eret

        /*
         * The ways out of a frame.  Until SP is moved up nothing of the frame
         * may be lost to an event that preempts us.
         */
        .macro  leave_frame scratch1, scratch2
        ldp     \scratch1, \scratch2, [x27, #FRAME_ELR]
        msr_elx elr, \scratch1, x17
        msr_elx spsr, \scratch2, x17
        ldr     \scratch1, [x27, #FRAME_PREV]
        str     \scratch1, [x28, #PE_TOP]
        ldr     \scratch1, [x27, #FRAME_DEPTH]
        sub     \scratch1, \scratch1, #1
        str     \scratch1, [x28, #PE_DEPTH]
        .endm

leave_eret:
        leave_frame x9, x10
        load_x18_x30 sp, FRAME_X(0)
        load_x2_x17 sp, FRAME_X(0)
        ldp     x0, x1, [sp, #FRAME_X(0)]
        add     sp, sp, #FRAME_SIZE
        eret

        /* With X0, X1 set */
        .macro  leave_auto insn
        leave_frame x9, x10
        load_x18_x30 sp, FRAME_X(0)
        add     sp, sp, #FRAME_SIZE
        \insn   #0
        sub     sp, sp, #FRAME_SIZE
        b       leave_failed
        .endm

leave_auto_hvc:
        leave_auto hvc
leave_auto_smc:
        leave_auto smc

        /* With X0-X17 from the order */
        .macro  leave_order insn
        str     x21, [x27, #FRAME_LEAVE_SEQ]
        leave_frame x9, x10
        add     x0, x26, #ORDER_X(0)
        load_x18_x30 sp, FRAME_X(0)
        load_x2_x17 x0, 0
        ldp     x0, x1, [x0]
        add     sp, sp, #FRAME_SIZE
        \insn   #0
        sub     sp, sp, #FRAME_SIZE
        b       leave_failed
        .endm

op_leave_hvc:
        leave_order hvc
op_leave_smc:
        leave_order smc

        /* The call came back: put the frame back and say so */
leave_failed:
        str     x0, [sp, #FRAME_LEAVE_RET]
        mrs_elx x28, tpidr
        mov     x27, sp
        str     x27, [x28, #PE_TOP]
        ldr     x9, [x27, #FRAME_DEPTH]
        str     x9, [x28, #PE_DEPTH]
        ldr     x21, [x27, #FRAME_LEAVE_SEQ]
        cbz     x21, 1f
        bl      find_slot
        ldr     x9, [x27, #FRAME_LEAVE_RET]
        str     x9, [x25, #FRAME_X(0)]
        b       done_depth
1:      ldr     x9, [x27, #FRAME_ID]
        orr     x9, x9, #EXC_ID_STUCK
        str     x9, [x28, #PE_EXC_ID]
        ldr     x9, [x27, #FRAME_LEAVE_RET]
        str     x9, [x28, #PE_EXC_ESR]
        add     x9, x28, #PE_EXC_COUNT
        fetch_inc x10, x9, x11
        b       serve

        /* X26, X25 = order and result of X21 */
find_slot:
        and     x9, x21, #SLOT_MASK
        mov     x10, #(PE_ORDER(1) - PE_ORDER(0))
        madd    x26, x9, x10, x28
        add     x26, x26, #PE_ORDER(0)
        mov     x10, #(PE_RESULT(1) - PE_RESULT(0))
        madd    x25, x9, x10, x28
        add     x25, x25, #PE_RESULT(0)
        ret

        /*
         * Take orders.  TAKEN changes atomically: an event may come between
         * any two instructions and its handler takes orders as well.
         */
done_depth:
        ldr     x9, [x28, #PE_DEPTH]
        str     x9, [x25, #FRAME_DEPTH]
done:
        dmb     ish
        str     x21, [x28, #PE_DONE]
serve:
        mov     x20, xzr
poll:
        add     x9, x28, #PE_TAKEN
1:      ldxr    x10, [x9]
        ldr     x21, [x28, #PE_REQ]     /* not before: it may change, too */
        cmp     x10, x21
        b.eq    idle
        stxr    w11, x21, [x9]
        cbnz    w11, 1b
        dmb     ish
        bl      find_slot
        ldr     x9, [x26, #ORDER_OP]
        cmp     x9, #OP_HVC
        b.eq    op_hvc
        cmp     x9, #OP_SMC
        b.eq    op_smc
        cmp     x9, #OP_RUN
        b.eq    op_run
        cbz     x27, done_depth         /* NOP, or no frame to leave */
        cmp     x9, #OP_LEAVE_HVC
        b.eq    op_leave_hvc
        cmp     x9, #OP_LEAVE_SMC
        b.eq    op_leave_smc
        cmp     x9, #OP_LEAVE_ERET
        b.eq    leave_eret
        b       done_depth

idle:
        clrex
        ldr     x9, [x28, #PE_ALIVE]
        add     x9, x9, #1
        str     x9, [x28, #PE_ALIVE]
        yield
        ldr     x9, [x28, #PE_IDLE]
        cbnz    x9, poll
        ldr     x9, [x28, #PE_FEATURES]
        tbz     x9, #FEATURE_WFXT_BIT, poll
        add     x20, x20, #1
        cmp     x20, #POLLS_BEFORE_SLEEP
        b.lo    poll
        /* 1/16384 s (60 us), after a while 1/1024 s */
        mrs     x9, cntfrq_el0
        lsr     x10, x9, #14
        cmp     x20, #POLLS_BEFORE_LONG_SLEEP
        b.lo    1f
        lsr     x10, x9, #10
1:      isb
        mrs     x9, cntvct_el0
        add     x9, x9, x10
        msr     S0_3_C1_C0_1, x9        /* WFIT X9 */
        b       poll

        .macro  call insn
        add     x0, x26, #ORDER_X(0)
        load_x2_x17 x0, 0
        ldp     x0, x1, [x0]
        \insn   #0
        stp     x0, x1, [x25, #FRAME_X(0)]
        stp     x2, x3, [x25, #FRAME_X(2)]
        stp     x4, x5, [x25, #FRAME_X(4)]
        stp     x6, x7, [x25, #FRAME_X(6)]
        stp     x8, x9, [x25, #FRAME_X(8)]
        stp     x10, x11, [x25, #FRAME_X(10)]
        stp     x12, x13, [x25, #FRAME_X(12)]
        stp     x14, x15, [x25, #FRAME_X(14)]
        stp     x16, x17, [x25, #FRAME_X(16)]
        b       done_depth
        .endm

op_hvc:
        call    hvc
op_smc:
        call    smc

op_run:
        sub     sp, sp, #RUN_SAVE
        stp     x19, x20, [sp, #0x00]
        stp     x21, x22, [sp, #0x10]
        stp     x23, x24, [sp, #0x20]
        stp     x25, x26, [sp, #RUN_SAVE_X25]
        stp     x27, x28, [sp, #0x40]
        stp     x29, x30, [sp, #0x50]
        ldr     x9, [x28, #PE_RUN_SP]
        str     x9, [sp, #RUN_SAVE_OUTER]
        mov     x9, sp
        str     x9, [x28, #PE_RUN_SP]
        dsb     ish
        ic      iallu
        dsb     ish
        isb
        ldp     x9, x10, [x26, #ORDER_ELR]
        msr_elx elr, x9, x11
        msr_elx spsr, x10, x11
        add     x0, x26, #ORDER_X(0)
        load_x18_x30 x0, 0
        load_x2_x17 x0, 0
        ldp     x0, x1, [x0]
        eret

        .org    GUEST_FWD_VECTORS - GUEST_BASE
fwd_vectors:
        .rept   16
        .balign 128
        hvc     #FWD_IMM
        eret
        .endr
