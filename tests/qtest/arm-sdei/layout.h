/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory layout and mailbox ABI of the arm-sdei test guest
 *
 * Shared by the guest (assembly) and by the test (C): only #define lines.
 */

#ifndef TESTS_QTEST_ARM_SDEI_LAYOUT_H
#define TESTS_QTEST_ARM_SDEI_LAYOUT_H

/*
 * The guest image.  It is position independent, loaded with -kernel, which
 * puts a raw image here.  Its entry points have fixed places.
 */
#define GUEST_BASE              0x40080000
#define GUEST_SECONDARY         (GUEST_BASE + 0x40) /* PSCI entry, X0 = index */
#define GUEST_VECTORS           (GUEST_BASE + 0x800)
/* From here on relative to the vectors, thus usable as relative entries */
#define GUEST_HANDLER_OFFSET(n) (0x800 + (n) * 0x20)
#define GUEST_HANDLER(n)        (GUEST_VECTORS + GUEST_HANDLER_OFFSET(n))
#define GUEST_RESUME(n)         (GUEST_VECTORS + 0x900 + (n) * 0x20)
/* What runs from there on until a frame is there is below this */
#define GUEST_FRAME_CODE_END    (GUEST_BASE + 0x1400)
/* The EL1 vectors while the client is EL2: each slot forwards with HVC */
#define GUEST_FWD_VECTORS       (GUEST_BASE + 0x2000)

/* One block for all PEs */
#define GLOBAL_BASE             0x41000000
#define GLOBAL_TICKET           0x00    /* counts log entries of all PEs */

/* One area per PE */
#define PE_BASE                 0x41010000
#define PE_SHIFT                16
#define PE_SIZE                 (1 << PE_SHIFT)
#define PE_AREA(n)              (PE_BASE + (n) * PE_SIZE)

/*
 * Control words (64 bits each).
 *
 * The test writes an order into slot REQ + 1, then REQ = REQ + 1.  The PE
 * copies REQ to TAKEN, carries the order out, fills the result slot of the
 * same number and writes that number to DONE.  An event may interrupt the
 * PE at any moment; its handler then takes orders too, while the interrupted
 * order is still outstanding.  Eight slots keep them apart.
 */
#define PE_READY                0x000   /* READY_MAGIC once orders are taken */
#define PE_BOOTS                0x008   /* times this PE came up */
#define PE_REQ                  0x010
#define PE_TAKEN                0x018
#define PE_DONE                 0x020
#define PE_DEPTH                0x028   /* frames on the stack, 0 = main loop */
#define PE_TOP                  0x030   /* address of the innermost frame */
#define PE_RUN_SP               0x038   /* guest's own: innermost RUN */
#define PE_INDEX                0x040
#define PE_MPIDR                0x048
#define PE_EL                   0x050   /* CurrentEL >> 2 at boot: client EL */
#define PE_FEATURES             0x058   /* FEATURE_ bits */
#define PE_STOP                 0x060   /* polled by the spin loops */
#define PE_IDLE                 0x068   /* IDLE_ mode of the order loop */
#define PE_RESUME_ADDR          0x070   /* for MODE_RESUME */
#define PE_PROBE_COUNT          0x078
#define PE_PROBE_SPSR           0x080   /* PSTATE on entry to HANDLER_PROBE */
#define PE_IRQ_MODE             0x088   /* IRQ_ */
#define PE_IRQ_LAST             0x090   /* INTID of the last IRQ taken */
#define PE_GICC                 0x098   /* address, for IRQ_GICV2 */
#define PE_LOG_COUNT            0x0a0
#define PE_ALIVE                0x0a8   /* counts polls of the order loop */
#define PE_STARTED              0x0b0   /* set by code that OP_RUN started */
/* The last unexpected exception; the count must be what the test expects */
#define PE_EXC_COUNT            0x0c0
#define PE_EXC_ID               0x0c8
#define PE_EXC_ESR              0x0d0
#define PE_EXC_ELR              0x0d8
#define PE_EXC_FAR              0x0e0
#define PE_EXC_SPSR             0x0e8
#define EXC_ID_STUCK            0x100   /* in PE_EXC_ID: an automatic leave */
                                        /* failed, PE_EXC_ESR = its result */

/* What to do on entry to a frame, by frame id */
#define PE_ENTRY(id)            (0x200 + (id) * 0x20)
#define ENTRY_MODE              0x00    /* MODE_ */
#define ENTRY_COUNT             0x08    /* times entered */
#define ENTRY_POKE_ADDR         0x10    /* if not 0: store 32 bits here ... */
#define ENTRY_POKE_VALUE        0x18    /* ... before leaving in MODE_AUTO */

#define PE_ORDER(slot)          (0x0400 + (slot) * 0x180)
#define PE_RESULT(slot)         (0x1000 + (slot) * 0x200)
#define PE_CODE(slot)           (0x2000 + (slot) * 0x400)
#define PE_LOG(n)               (0x4000 + (n) * 0x20)
#define PE_STACK_BOTTOM         0x6000
#define PE_STACK_TOP            0x10000

#define SLOTS                   8
#define SLOT_MASK               (SLOTS - 1)
#define CODE_SIZE               0x400
#define LOG_ENTRIES             128

#define READY_MAGIC             0x53444549

/* PE_FEATURES: which PSTATE fields this CPU has (and WFIT) */
#define FEATURE_PAN_BIT         0
#define FEATURE_UAO_BIT         1
#define FEATURE_DIT_BIT         2
#define FEATURE_SSBS_BIT        3
#define FEATURE_MTE_BIT         4
#define FEATURE_NMI_BIT         5
#define FEATURE_WFXT_BIT        6
#define FEATURE_E2H_BIT         7       /* at EL2: HCR_EL2.E2H is always set */

/* PE_IDLE */
#define IDLE_SLEEP              0       /* WFIT between polls, if there is */
#define IDLE_SPIN               1

/* PE_IRQ_MODE */
#define IRQ_UNEXPECTED          0       /* count as exception, mask IRQs */
#define IRQ_GICV3               1       /* acknowledge, poke, end */
#define IRQ_GICV2               2

/* Frame ids: how the PE got here */
#define ID_HANDLER(n)           (n)     /* 0..7: SDEI handlers */
#define ID_RESUME(n)            (8 + (n)) /* 8..11: COMPLETE_AND_RESUME */
#define ID_SYNC                 12
#define ID_IRQ                  13
#define ID_FIQ                  14
#define ID_SERROR               15
#define ID_COUNT                16

#define HANDLERS                8
#define HANDLER_PROBE           7       /* first instruction is PROBE_IMM */
#define RESUMES                 4

/* ENTRY_MODE */
#define MODE_AUTO               0       /* poke, then COMPLETE or ERET */
#define MODE_SERVE              1       /* take orders; OP_LEAVE_* leaves */
#define MODE_RESUME             2       /* COMPLETE_AND_RESUME */
#define MODE_PARK               3       /* spin for ever */
#define MODE_OFF                4       /* PSCI CPU_OFF */

/* An order */
#define ORDER_OP                0x00
#define ORDER_ELR               0x08    /* OP_RUN */
#define ORDER_SPSR              0x10    /* OP_RUN */
#define ORDER_X(n)              (0x20 + (n) * 8)

#define OP_NOP                  0
#define OP_HVC                  1       /* HVC #0 with X0-X17 */
#define OP_SMC                  2       /* SMC #0 with X0-X17 */
#define OP_RUN                  3       /* ERET to ELR, SPSR with X0-X30 */
#define OP_LEAVE_HVC            4       /* as OP_HVC, out of this frame */
#define OP_LEAVE_SMC            5
#define OP_LEAVE_ERET           6       /* back to where the frame came from */

/* SVC immediates known to the guest's vectors */
#define RUN_END_IMM             0x5de0  /* end of the code started by OP_RUN */
#define PROBE_IMM               0x5de1  /* store SPSR at PE_PROBE_SPSR */
/* HVC immediate: an exception, or the end of the code, at EL1 below EL2 */
#define FWD_IMM                 0x5de2

/*
 * A frame: pushed on the stack on each entry to a handler, a resume point or
 * an exception vector, before any register has been changed.  A result slot
 * has the same layout: at the end of OP_RUN it is the frame of the final SVC
 * (so SPSR is PSTATE); after OP_HVC and OP_SMC only X0-X17 and DEPTH are set.
 */
#define FRAME_X(n)              ((n) * 8)
#define FRAME_SP                0x0f8   /* SP_ELx on entry */
#define FRAME_NZCV              0x100
#define FRAME_DAIF              0x108
#define FRAME_CURRENTEL         0x110
#define FRAME_SPSEL             0x118
#define FRAME_PAN               0x120   /* these six: 0 if the CPU has it not */
#define FRAME_UAO               0x128
#define FRAME_DIT               0x130
#define FRAME_SSBS              0x138
#define FRAME_TCO               0x140
#define FRAME_ALLINT            0x148
#define FRAME_ELR               0x150   /* ELR_ELx and so on, client EL */
#define FRAME_SPSR              0x158
#define FRAME_ESR               0x160
#define FRAME_FAR               0x168
#define FRAME_ELR_EL1           0x170   /* client EL2 only, else 0 */
#define FRAME_SPSR_EL1          0x178
#define FRAME_ESR_EL1           0x180
#define FRAME_ID                0x188
#define FRAME_DEPTH             0x190   /* 1 = interrupted the main loop */
#define FRAME_TICKET            0x198   /* order of entry over all PEs */
#define FRAME_LEAVE_SEQ         0x1a0   /* guest's own: OP_LEAVE_* in flight */
#define FRAME_LEAVE_RET         0x1a8
#define FRAME_PREV              0x1b0   /* guest's own: PE_TOP before this */
#define FRAME_SIZE              0x200

/* A log entry; PE_LOG_COUNT counts all, the last LOG_ENTRIES are kept */
#define LOG_TICKET              0x00
#define LOG_ID                  0x08    /* FRAME_ID | FRAME_DEPTH << 8 */
#define LOG_X0                  0x10    /* event number in a handler */
#define LOG_X2                  0x18    /* interrupted PC in a handler */

/* Function ids the guest itself uses */
#define FN_EVENT_COMPLETE       0xc4000025
#define FN_COMPLETE_AND_RESUME  0xc4000026
#define FN_PSCI_CPU_OFF         0x84000002

#endif
