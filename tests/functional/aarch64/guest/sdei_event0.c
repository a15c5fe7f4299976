/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of SDEI event 0 for a Linux kernel that has none of its own
 *
 * Distribution kernels have the SDEI driver (ARM_SDE_INTERFACE) but nothing in
 * them registers event 0, the software signalled one.  This module does, with
 * the driver's own functions, so that all of Linux's path is used: its entry
 * code and NMI stack, its re-registration at CPU hotplug, its resets at kexec.
 *
 * Each order is a write to /sys/module/sdei_event0/parameters/ORDER:
 *
 *   signal       CPU number: signal event 0 to that CPU and wait until its
 *                handler has run there.
 *   reach_stuck  CPU number: make that CPU spin with all interrupts masked,
 *                check that it is deaf to an inter-processor interrupt, reach
 *                it by event 0, then let it go on and check that it does with
 *                every register it had.
 *   stop         CPU number: signal event 0 to that CPU, whose handler does not
 *                return but ends as stop_way says, as if in a panic: 1 parks,
 *                2 completes and resumes in code that powers the CPU off, or 3
 *                in code that parks, 4 powers the CPU off.
 *
 * The write fails when anything of this does not hold, and the kernel log
 * says what.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/arm-smccc.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <asm/sysreg.h>
#include "sdei_client.h"

#define SW_SIGNALED_EVENT       0
/* Kernels before 7.3 do not make this call and have no name for it. */
#define SDEI_FN_EVENT_SIGNAL    0xc400002f
#define SDEI_FN_COMPLETE_AND_RESUME 0xc4000026
#define PSCI_FN_CPU_OFF         0x84000002
#define PSCI_FN_AFFINITY_INFO   0xc4000004
#define PSCI_AFFINITY_OFF       1

/* How long a CPU that must not answer is watched. */
#define DEAF_MS                 100

static u64 (*mpidr_of)(unsigned int cpu);
static void (*set_online)(unsigned int cpu, bool online);

/* What the handler saw when it last ran on a CPU. */
struct sighting {
    unsigned int count;
    u64 time_ns;
    u64 pc;
    u64 pstate;
};

static DEFINE_PER_CPU(struct sighting, sightings);

/* X0-X17 are what a dispatcher has to save and restore for its client. */
#define NR_PATTERNS             18
/* N and C set, Z and V clear. */
#define NZCV_PATTERN            0xa0000000UL

static struct stuck_cpu {
    call_single_data_t csd;
    bool spinning;
    u32 release;
    bool finished;
    u64 nzcv;
    u64 in[NR_PATTERNS];
    u64 out[NR_PATTERNS];
} stuck;

static struct ping {
    call_single_data_t csd;
    bool answered;
} ping;

/*
 * The SDEI driver keeps to itself which conduit the firmware tables named. A
 * kernel at EL2 has SMC only: HVC would call the kernel itself.
 */
static void call_firmware(unsigned long fn, unsigned long arg0,
                          unsigned long arg1, struct arm_smccc_res *res)
{
    if (read_sysreg(CurrentEL) == CurrentEL_EL2) {
        arm_smccc_smc(fn, arg0, arg1, 0, 0, 0, 0, 0, res);
    } else {
        arm_smccc_hvc(fn, arg0, arg1, 0, 0, 0, 0, 0, res);
    }
}

static void park(void)
{
    for (;;) {
        wfi();
    }
}

static void power_off(void)
{
    struct arm_smccc_res res;

    call_firmware(PSCI_FN_CPU_OFF, 0, 0, &res);
    park();
}

/*
 * Nothing of the stack is needed there: it stays the handler's.  If the call
 * comes back, the CPU ends otherwise than is looked for.
 */
static void complete_and_resume(void (*there)(void), void (*failed)(void))
{
    struct arm_smccc_res res;

    call_firmware(SDEI_FN_COMPLETE_AND_RESUME, (unsigned long)there, 0, &res);
    failed();
}

static void resume_and_power_off(void)
{
    complete_and_resume(power_off, park);
}

static void resume_and_park(void)
{
    complete_and_resume(park, power_off);
}

static const struct {
    void (*end)(void);
    bool off;
} stop_ways[] = {
    [1] = { park },
    [2] = { resume_and_power_off, true },
    [3] = { resume_and_park },
    [4] = { power_off, true },
};

static unsigned int stop_way;
module_param(stop_way, uint, 0600);

/* What the next handler on a CPU does, if anything. */
static DEFINE_PER_CPU(unsigned int, stop_here);

static int event0_handler(u32 event, struct pt_regs *regs, void *arg)
{
    struct sighting *seen = this_cpu_ptr(&sightings);

    seen->time_ns = ktime_get_mono_fast_ns();
    seen->pc = regs->pc;
    seen->pstate = regs->pstate;
    /* Pairs with the load in signal_and_wait(). */
    smp_store_release(&seen->count, seen->count + 1);
    if (__this_cpu_read(stop_here)) {
        /*
         * As all of Linux's ways to stop do.  Who panics sends an interrupt to
         * those that are online, which would wait in the GIC for the next
         * kernel, and stop its CPU.
         */
        set_online(smp_processor_id(), false);
        stop_ways[__this_cpu_read(stop_here)].end();
    }
    return 0;
}

static int signal_and_wait(unsigned int cpu, struct sighting *result)
{
    struct sighting *seen = per_cpu_ptr(&sightings, cpu);
    unsigned int before = READ_ONCE(seen->count);
    struct arm_smccc_res res = {};
    u64 start = ktime_get_mono_fast_ns();

    call_firmware(SDEI_FN_EVENT_SIGNAL, SW_SIGNALED_EVENT, mpidr_of(cpu),
                  &res);
    if (res.a0) {
        pr_err("SIGNAL of event 0 to CPU %u returned %ld\n",
               cpu, (long)res.a0);
        return -EIO;
    }
    if (!wait_until(smp_load_acquire(&seen->count) != before, TIMEOUT_MS)) {
        pr_err("CPU %u did not run the handler of event 0\n", cpu);
        return -ETIMEDOUT;
    }
    *result = *seen;
    if (result->count != before + 1) {
        pr_err("CPU %u ran the handler %u times for one signal\n",
               cpu, result->count - before);
        return -EIO;
    }
    result->time_ns -= start;
    return 0;
}

static void answer_ping(void *arg)
{
    struct ping *p = arg;

    smp_store_release(&p->answered, true);
}

/*
 * Runs on the CPU that gets stuck, as an inter-processor interrupt: an event is
 * the only thing that can get through until another CPU says go on.  The name
 * is what the user sees as the place where the CPU was.
 */
static noinline void spin_with_interrupts_masked(void *arg)
{
    struct stuck_cpu *s = arg;
    u64 daif = read_sysreg(daif);
    u64 flag;

    asm volatile("msr daifset, #0xf" : : : "memory");
    smp_store_release(&s->spinning, true);
    asm volatile(
    "       msr     nzcv, %[nzcv]\n"
    "       ldp     x0, x1, [%[in]]\n"
    "       ldp     x2, x3, [%[in], #16]\n"
    "       ldp     x4, x5, [%[in], #32]\n"
    "       ldp     x6, x7, [%[in], #48]\n"
    "       ldp     x8, x9, [%[in], #64]\n"
    "       ldp     x10, x11, [%[in], #80]\n"
    "       ldp     x12, x13, [%[in], #96]\n"
    "       ldp     x14, x15, [%[in], #112]\n"
    "       ldp     x16, x17, [%[in], #128]\n"
    "1:     ldar    %w[flag], [%[release]]\n"
    "       cbz     %w[flag], 1b\n"
    "       stp     x0, x1, [%[out]]\n"
    "       stp     x2, x3, [%[out], #16]\n"
    "       stp     x4, x5, [%[out], #32]\n"
    "       stp     x6, x7, [%[out], #48]\n"
    "       stp     x8, x9, [%[out], #64]\n"
    "       stp     x10, x11, [%[out], #80]\n"
    "       stp     x12, x13, [%[out], #96]\n"
    "       stp     x14, x15, [%[out], #112]\n"
    "       stp     x16, x17, [%[out], #128]\n"
    "       mrs     %[flag], nzcv\n"
    : [flag] "=&r" (flag)
    : [in] "r" (s->in), [out] "r" (s->out), [release] "r" (&s->release),
      [nzcv] "r" (NZCV_PATTERN)
    : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",
      "x11", "x12", "x13", "x14", "x15", "x16", "x17", "cc", "memory");
    s->nzcv = flag;
    write_sysreg(daif, daif);
    smp_store_release(&s->finished, true);
}

static int check_stuck_registers(unsigned int cpu)
{
    unsigned int i, wrong = 0;

    for (i = 0; i < NR_PATTERNS; i++) {
        if (stuck.out[i] != stuck.in[i]) {
            pr_err("CPU %u went on with X%u = 0x%llx instead of 0x%llx\n",
                   cpu, i, stuck.out[i], stuck.in[i]);
            wrong++;
        }
    }
    if (stuck.nzcv != NZCV_PATTERN) {
        pr_err("CPU %u went on with NZCV = 0x%llx instead of 0x%lx\n",
               cpu, stuck.nzcv, NZCV_PATTERN);
        wrong++;
    }
    return wrong ? -EIO : 0;
}

static int reach_spinning(unsigned int cpu)
{
    struct sighting seen;
    u64 masked = PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT;
    u64 flags = PSR_N_BIT | PSR_Z_BIT | PSR_C_BIT | PSR_V_BIT;
    int err;

    err = smp_call_function_single_async(cpu, &ping.csd);
    if (err) {
        return err;
    }
    if (wait_until(smp_load_acquire(&ping.answered), DEAF_MS)) {
        pr_err("CPU %u is not stuck: it took an interrupt\n", cpu);
        return -EIO;
    }
    pr_info("CPU %u did not take an inter-processor interrupt in %d ms\n",
            cpu, DEAF_MS);

    err = signal_and_wait(cpu, &seen);
    if (err) {
        return err;
    }
    pr_info("CPU %u was reached by event 0 in %llu us, at %pS, pstate 0x%llx\n",
            cpu, seen.time_ns / NSEC_PER_USEC, (void *)seen.pc, seen.pstate);
    if ((seen.pstate & masked) != masked ||
        (seen.pstate & flags) != NZCV_PATTERN) {
        pr_err("that is not the PSTATE of the stuck CPU\n");
        return -EIO;
    }
    return 0;
}

static int reach_stuck_cpu(unsigned int cpu)
{
    unsigned int i;
    int err;

    if (cpu == smp_processor_id()) {
        pr_err("CPU %u runs this order and cannot be the stuck one\n", cpu);
        return -EINVAL;
    }
    stuck.spinning = false;
    stuck.finished = false;
    stuck.release = 0;
    ping.answered = false;
    for (i = 0; i < NR_PATTERNS; i++) {
        stuck.in[i] = 0x5de1000000000000ULL + 0x101010101ULL * (i + 1);
    }

    err = smp_call_function_single_async(cpu, &stuck.csd);
    if (err) {
        return err;
    }
    if (!wait_until(smp_load_acquire(&stuck.spinning), TIMEOUT_MS)) {
        pr_err("CPU %u does not run\n", cpu);
        return -ETIMEDOUT;
    }
    pr_info("CPU %u spins with interrupts masked\n", cpu);
    err = reach_spinning(cpu);
    smp_store_release(&stuck.release, 1);
    if (err) {
        return err;
    }

    if (!wait_until(smp_load_acquire(&stuck.finished) &&
                    smp_load_acquire(&ping.answered), TIMEOUT_MS)) {
        pr_err("CPU %u did not go on after the event\n", cpu);
        return -ETIMEDOUT;
    }
    err = check_stuck_registers(cpu);
    if (!err) {
        pr_info("CPU %u went on with its registers intact\n", cpu);
    }
    return err;
}

static int signal_cpu(unsigned int cpu)
{
    struct sighting seen;
    int err = signal_and_wait(cpu, &seen);

    if (!err) {
        pr_info("CPU %u handled event 0 in %llu us, at %pS, pstate 0x%llx\n",
                cpu, seen.time_ns / NSEC_PER_USEC, (void *)seen.pc,
                seen.pstate);
    }
    return err;
}

static bool is_off(unsigned int cpu)
{
    struct arm_smccc_res res = {};

    call_firmware(PSCI_FN_AFFINITY_INFO, mpidr_of(cpu), 0, &res);
    return res.a0 == PSCI_AFFINITY_OFF;
}

static int stop_cpu(unsigned int cpu)
{
    unsigned int way = READ_ONCE(stop_way);
    struct sighting seen;
    int err;

    if (way >= ARRAY_SIZE(stop_ways) || !stop_ways[way].end) {
        pr_err("there is no way %u to stop\n", way);
        return -EINVAL;
    }
    if (cpu == smp_processor_id()) {
        pr_err("CPU %u runs this order and cannot stop\n", cpu);
        return -EINVAL;
    }
    per_cpu(stop_here, cpu) = way;
    err = signal_and_wait(cpu, &seen);
    if (err) {
        per_cpu(stop_here, cpu) = 0;
    }
    if (!err && stop_ways[way].off && !wait_until(is_off(cpu), TIMEOUT_MS)) {
        pr_err("CPU %u is not off\n", cpu);
        return -ETIMEDOUT;
    }
    return err;
}

static int order_signal(const char *val, const struct kernel_param *kp)
{
    return give_order(val, signal_cpu);
}

static int order_reach_stuck(const char *val, const struct kernel_param *kp)
{
    return give_order(val, reach_stuck_cpu);
}

static int order_stop(const char *val, const struct kernel_param *kp)
{
    return give_order(val, stop_cpu);
}

static const struct kernel_param_ops signal_ops = { .set = order_signal };
static const struct kernel_param_ops reach_stuck_ops = {
    .set = order_reach_stuck,
};
static const struct kernel_param_ops stop_ops = { .set = order_stop };

module_param_cb(signal, &signal_ops, NULL, 0200);
module_param_cb(reach_stuck, &reach_stuck_ops, NULL, 0200);
module_param_cb(stop, &stop_ops, NULL, 0200);

static int __init sdei_event0_init(void)
{
    int err = find_sdei_driver();

    if (err) {
        return err;
    }
    mpidr_of = find_function("cpu_logical_map");
    set_online = find_function("set_cpu_online");
    if (!mpidr_of || !set_online) {
        return -ENOENT;
    }

    INIT_CSD(&stuck.csd, spin_with_interrupts_masked, &stuck);
    INIT_CSD(&ping.csd, answer_ping, &ping);

    err = listen_to_event(SW_SIGNALED_EVENT, event0_handler);
    if (err) {
        return err;
    }
    pr_info("event 0 is registered and enabled on %u CPUs\n",
            num_online_cpus());
    return 0;
}

static void __exit sdei_event0_exit(void)
{
    ignore_event(SW_SIGNALED_EVENT);
}

module_init(sdei_event0_init);
module_exit(sdei_event0_exit);

MODULE_DESCRIPTION("Client of SDEI event 0 for tests");
MODULE_LICENSE("GPL");
