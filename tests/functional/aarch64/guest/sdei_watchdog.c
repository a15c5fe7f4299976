/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hard-lockup watchdog: an SDEI client that binds a timer's interrupt
 *
 * As the watchdogs of some distribution kernels do, each CPU binds the PPI of
 * a timer that the kernel itself leaves alone, and gets the same event number.
 * A kernel at EL1 uses the virtual timer; the physical one, PPI 30, is free.
 *
 * An order is a write to /sys/module/sdei_watchdog/parameters/bite: the number
 * of a CPU.  That CPU sets its watchdog and spins with all interrupts masked;
 * when the watchdog bites, the handler says where the CPU was, and the CPU goes
 * on.  The write fails when anything of this does not hold, and the kernel log
 * says what.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/arm-smccc.h>
#include <linux/moduleparam.h>
#include <asm/sysreg.h>
#include "sdei_client.h"

#define PHYSICAL_TIMER_PPI          30
#define SDEI_FN_INTERRUPT_BIND      0xc400002d
#define SDEI_FN_INTERRUPT_RELEASE   0xc400002e
#define TIMER_ENABLE                1

/* The watchdog's patience is 1/50 s. */
#define BITES_PER_SECOND            50

static u32 watchdog_event;

static struct {
    unsigned int count;
    unsigned int cpu;
    u64 pc;
    u64 pstate;
} bite;

static struct stuck_cpu {
    call_single_data_t csd;
    u32 release;
    bool finished;
} stuck;

/* The CPU that was told to be stuck is the only one with a running timer. */
static int watchdog_bites(u32 event, struct pt_regs *regs, void *arg)
{
    write_sysreg(0, cntp_ctl_el0);
    isb();
    bite.cpu = smp_processor_id();
    bite.pc = regs->pc;
    bite.pstate = regs->pstate;
    /* Pairs with the load in bite_cpu(). */
    smp_store_release(&bite.count, bite.count + 1);
    return 0;
}

/* The name is what the user sees as the place where the CPU was. */
static noinline void spin_with_interrupts_masked(void *arg)
{
    struct stuck_cpu *s = arg;
    u64 daif = read_sysreg(daif);
    u64 ticks = read_sysreg(cntfrq_el0) / BITES_PER_SECOND;

    asm volatile("msr daifset, #0xf" : : : "memory");
    write_sysreg(read_sysreg(cntpct_el0) + ticks, cntp_cval_el0);
    write_sysreg(TIMER_ENABLE, cntp_ctl_el0);
    isb();
    while (!smp_load_acquire(&s->release)) {
        cpu_relax();
    }
    write_sysreg(daif, daif);
    smp_store_release(&s->finished, true);
}

static int bite_cpu(unsigned int cpu)
{
    u64 masked = PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT;
    unsigned int before = READ_ONCE(bite.count);
    bool bitten;
    int err;

    if (cpu == smp_processor_id()) {
        pr_err("CPU %u runs this order and cannot be the stuck one\n", cpu);
        return -EINVAL;
    }
    stuck.release = 0;
    stuck.finished = false;
    err = smp_call_function_single_async(cpu, &stuck.csd);
    if (err) {
        return err;
    }
    bitten = wait_until(smp_load_acquire(&bite.count) != before, TIMEOUT_MS);
    smp_store_release(&stuck.release, 1);
    if (!bitten) {
        pr_err("CPU %u is stuck and was not reached\n", cpu);
        return -ETIMEDOUT;
    }
    pr_info("CPU %u was reached by its timer, at %pS, pstate 0x%llx\n",
            bite.cpu, (void *)bite.pc, bite.pstate);
    if (bite.cpu != cpu || (bite.pstate & masked) != masked) {
        pr_err("that is not the stuck CPU %u\n", cpu);
        return -EIO;
    }
    if (!wait_until(smp_load_acquire(&stuck.finished), TIMEOUT_MS)) {
        pr_err("CPU %u did not go on after the event\n", cpu);
        return -ETIMEDOUT;
    }
    if (READ_ONCE(bite.count) != before + 1) {
        pr_err("the handler ran %u times\n", bite.count - before);
        return -EIO;
    }
    return 0;
}

static int order_bite(const char *val, const struct kernel_param *kp)
{
    return give_order(val, bite_cpu);
}

static const struct kernel_param_ops bite_ops = { .set = order_bite };

module_param_cb(bite, &bite_ops, NULL, 0200);

static long call_firmware(unsigned long fn, unsigned long arg)
{
    struct arm_smccc_res res = {};

    arm_smccc_hvc(fn, arg, 0, 0, 0, 0, 0, 0, &res);
    return res.a0;
}

static void bind_timer(void *arg)
{
    *(long *)arg = call_firmware(SDEI_FN_INTERRUPT_BIND, PHYSICAL_TIMER_PPI);
}

/* Each CPU asks, and all get the same answer. */
static int bind_on_all_cpus(void)
{
    unsigned int cpu;
    long first = 0;

    for_each_online_cpu(cpu) {
        long event = 0;
        int err = smp_call_function_single(cpu, bind_timer, &event, 1);

        if (err) {
            return err;
        }
        if (event <= 0 || (first && event != first)) {
            pr_err("INTERRUPT_BIND on CPU %u returned %ld\n", cpu, event);
            return -EIO;
        }
        first = event;
    }
    watchdog_event = first;
    return 0;
}

static int release_event(void)
{
    long result = call_firmware(SDEI_FN_INTERRUPT_RELEASE, watchdog_event);

    if (result) {
        pr_err("INTERRUPT_RELEASE returned %ld\n", result);
        return -EIO;
    }
    return 0;
}

static int __init sdei_watchdog_init(void)
{
    int err;

    if (read_sysreg(CurrentEL) != CurrentEL_EL1) {
        pr_err("the physical timer is free in a kernel at EL1 only\n");
        return -ENODEV;
    }
    err = find_sdei_driver();
    if (err) {
        return err;
    }
    INIT_CSD(&stuck.csd, spin_with_interrupts_masked, &stuck);

    err = bind_on_all_cpus();
    if (err) {
        return err;
    }
    err = listen_to_event(watchdog_event, watchdog_bites);
    if (err) {
        release_event();
        return err;
    }
    pr_info("PPI %u is event 0x%x on %u CPUs\n", PHYSICAL_TIMER_PPI,
            watchdog_event, num_online_cpus());
    return 0;
}

static void __exit sdei_watchdog_exit(void)
{
    ignore_event(watchdog_event);
    if (!release_event()) {
        pr_info("event 0x%x is released\n", watchdog_event);
    }
}

module_init(sdei_watchdog_init);
module_exit(sdei_watchdog_exit);

MODULE_DESCRIPTION("SDEI watchdog for tests");
MODULE_LICENSE("GPL");
