/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the test modules that are clients of SDEI have in common
 *
 * Linux's driver exports its functions to nobody: kprobes finds them by name.
 */

#ifndef SDEI_CLIENT_H
#define SDEI_CLIENT_H

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <asm/ptrace.h>

/* How long a CPU gets for what should take microseconds: hosts can be slow. */
#define TIMEOUT_MS              20000

typedef int (sdei_callback)(u32 event, struct pt_regs *regs, void *arg);

static int (*event_register)(u32 event, sdei_callback *cb, void *arg);
static int (*event_unregister)(u32 event);
static int (*event_enable)(u32 event);
static int (*event_disable)(u32 event);

static DEFINE_MUTEX(order_lock);

/* Waits for a condition without keeping a CPU busy. */
#define wait_until(cond, ms)                                            \
({                                                                      \
    ktime_t until_ = ktime_add_ms(ktime_get(), ms);                     \
    bool met_;                                                          \
    while (!(met_ = (cond)) && ktime_before(ktime_get(), until_)) {     \
        usleep_range(200, 400);                                         \
    }                                                                   \
    met_ || (cond);                                                     \
})

static void *find_function(const char *name)
{
    struct kprobe kp = { .symbol_name = name };
    int err = register_kprobe(&kp);

    if (err) {
        pr_err("this kernel has no %s (%d)\n", name, err);
        return NULL;
    }
    unregister_kprobe(&kp);
    return kp.addr;
}

static int find_sdei_driver(void)
{
    event_register = find_function("sdei_event_register");
    event_unregister = find_function("sdei_event_unregister");
    event_enable = find_function("sdei_event_enable");
    event_disable = find_function("sdei_event_disable");
    return event_register && event_unregister && event_enable &&
           event_disable ? 0 : -ENOENT;
}

static int listen_to_event(u32 event, sdei_callback *handler)
{
    int err = event_register(event, handler, NULL);

    if (err) {
        pr_err("registering event 0x%x failed: %d\n", event, err);
        return err;
    }
    err = event_enable(event);
    if (err) {
        pr_err("enabling event 0x%x failed: %d\n", event, err);
        event_unregister(event);
    }
    return err;
}

static void ignore_event(u32 event)
{
    event_disable(event);
    event_unregister(event);
}

/*
 * Have an order carried out for the CPU whose number was written.
 * migrate_disable(): a task that waits must not be put on the CPU that it
 * made stuck.
 */
static int give_order(const char *val, int (*order)(unsigned int cpu))
{
    unsigned int cpu;
    int err = kstrtouint(val, 0, &cpu);

    if (err) {
        return err;
    }
    mutex_lock(&order_lock);
    cpus_read_lock();
    migrate_disable();
    if (cpu >= nr_cpu_ids || !cpu_online(cpu)) {
        pr_err("CPU %u is not online\n", cpu);
        err = -ENXIO;
    } else {
        err = order(cpu);
    }
    migrate_enable();
    cpus_read_unlock();
    mutex_unlock(&order_lock);
    return err;
}

#endif
