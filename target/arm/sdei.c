/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: the dispatcher's device, arm-sdei
 *
 * Software Delegated Exception Interface, DEN0054C.  Firmware above the guest
 * that runs a handler of the guest's whatever the guest has masked; QEMU
 * plays that firmware.
 *
 * Creation, reset, and what becomes of the state when the VM goes on.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/accel.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/core/qdev-properties.h"
#include "migration/vmstate.h"
#include "system/kvm.h"
#include "system/qtest.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "system/tcg.h"
#include "cpu.h"
#include "multiprocessing.h"
#include "qom/object_interfaces.h"
#include "sdei-internal.h"
#include "sdei-object.h"

/* SDEI_VERSION, DEN0054C 5.1.1: the vendor's part is ours to choose */
#define SDEI_VERSION(major, minor)  (((uint64_t)(major) << 48) | \
                                     ((uint64_t)(minor) << 32))

static const struct {
    const char *name;
    uint64_t result;
    uint64_t register_flags;
} sdei_versions[] = {
    { "1.0", SDEI_VERSION(1, 0), SDEI_REGISTER_RM_PE },
    { "1.1", SDEI_VERSION(1, 1),
      SDEI_REGISTER_RM_PE | SDEI_REGISTER_RELATIVE },
};

static void sdei_vm_state_change(void *opaque, bool running, RunState state)
{
    SDEIState *s = opaque;
    uint32_t pe;

    /* Nothing was delivered while the VM stood still or was migrating */
    if (!running) {
        return;
    }
    if (s->incoming) {
        s->incoming = false;
        warn_report("arm-sdei: the guest has no state of SDEI, as from a "
                    "machine with sdei=off; it finds SDEI as after a reset");
        sdei_irq_ask_levels(s);
    }
    /* A stream that says otherwise must not power a PE on */
    for (pe = 0; pe < s->events.num_pes; pe++) {
        if (ARM_CPU(s->cpu[pe].cs)->power_state != PSCI_ON) {
            sdei_report_off(s, pe);
            sdei_pe_off(&s->events, pe);
        }
    }
    sdei_settle_all(s);
}

static void sdei_reset_hold(Object *obj, ResetType type)
{
    SDEIState *s = ARM_SDEI(obj);
    uint32_t pe;

    s->incoming = runstate_check(RUN_STATE_INMIGRATE) ||
                  type == RESET_TYPE_SNAPSHOT_LOAD;
    for (pe = 0; pe < s->events.num_pes; pe++) {
        sdei_report_off(s, pe);
    }
    sdei_events_reset(&s->events);
    for (pe = 0; pe < s->events.num_pes; pe++) {
        memset(s->cpu[pe].context, 0, sizeof(s->cpu[pe].context));
        s->cpu[pe].been_on = s->incoming ||
                             !s->cpu[pe].cs->start_powered_off;
    }
    sdei_irq_reset(s);
    /* Whether there is a client in what is loaded is told then */
    if (!s->incoming) {
        sdei_report_client(s);
    }
}

static bool sdei_set_version(SDEIState *s, Error **errp)
{
    ERRP_GUARD();
    const char *version = s->version ?: "1.1";
    int i;

    for (i = 0; i < ARRAY_SIZE(sdei_versions); i++) {
        if (!strcmp(version, sdei_versions[i].name)) {
            s->version_result = sdei_versions[i].result;
            s->events.register_flags = sdei_versions[i].register_flags;
            return true;
        }
    }
    error_setg(errp, "SDEI version '%s' is not known", version);
    error_append_hint(errp, "Valid versions are 1.0 and 1.1\n");
    return false;
}

static bool sdei_set_accel(SDEIState *s, Error **errp)
{
    ERRP_GUARD();
    if (tcg_enabled()) {
#ifdef CONFIG_TCG
        s->regs = &sdei_tcg_regs;
        return true;
#endif
    }
    if (kvm_enabled()) {
        return sdei_kvm_init(s, errp);
    }
    /* No vCPU runs, so that nobody calls */
    if (qtest_enabled()) {
        return true;
    }
    error_setg(errp, "SDEI is not supported with accelerator '%s'",
               current_accel_name());
    error_append_hint(errp, "Use '-accel tcg' or, on an Arm host, '-accel "
                      "kvm'\n");
    return false;
}

static int sdei_add_user_event(Object *obj, void *opaque)
{
    GArray *defs = opaque;
    SDEIEventObject *e = (SDEIEventObject *)
        object_dynamic_cast(obj, TYPE_SDEI_EVENT);

    if (e) {
        SDEIEventDef def = {
            .num = e->number,
            .type = e->scope == SDEI_EVENT_SCOPE_SHARED
                    ? SDEI_TYPE_SHARED : SDEI_TYPE_PRIVATE,
            .priority = e->priority == SDEI_EVENT_PRIORITY_CRITICAL
                        ? SDEI_PRIO_CRITICAL : SDEI_PRIO_NORMAL,
        };

        g_array_append_val(defs, def);
    }
    return 0;
}

/*
 * The board's own events: critical, as what they tell of must not wait until
 * the handler of a normal event ends.  Shared, as any PE that is there will do.
 */
static void sdei_define_platform_events(const SDEIState *s, GArray *defs)
{
    SDEIEventDef def = {
        .type = SDEI_TYPE_SHARED,
        .priority = SDEI_PRIO_CRITICAL,
    };
    uint32_t i;

    for (i = 0; i < s->num_platform_events; i++) {
        def.num = s->platform_events[i];
        g_array_append_val(defs, def);
    }
}

/* Bound events are of normal priority, DEN0054C 6.3 */
static void sdei_define_slots(GArray *defs, SDEIType type, uint32_t first,
                              uint32_t count)
{
    SDEIEventDef def = { .type = type, .bindable = true };

    for (def.num = first; def.num < first + count; def.num++) {
        g_array_append_val(defs, def);
    }
}

/* All events of this machine: its own and the user's */
static GArray *sdei_define_events(SDEIState *s, Error **errp)
{
    ERRP_GUARD();
    static const SDEIEventDef sw_signaled = {
        .num = SDEI_EVENT_SW_SIGNALED,
        .type = SDEI_TYPE_PRIVATE,
        .priority = SDEI_PRIO_NORMAL,
        .signalable = true,
    };
    g_autoptr(GArray) defs = g_array_new(false, false, sizeof(SDEIEventDef));
    int i, j;

    object_child_foreach(object_get_objects_root(), sdei_add_user_event, defs);
    if (defs->len > SDEI_MAX_USER_EVENTS) {
        error_setg(errp, "too many sdei-event objects (%u)", defs->len);
        error_append_hint(errp, "There can be %d\n", SDEI_MAX_USER_EVENTS);
        return NULL;
    }
    for (i = 0; i < defs->len; i++) {
        for (j = 0; j < i; j++) {
            uint32_t num = g_array_index(defs, SDEIEventDef, i).num;

            if (g_array_index(defs, SDEIEventDef, j).num == num) {
                error_setg(errp, "there is more than one sdei-event with "
                           "number 0x%" PRIx32, num);
                return NULL;
            }
        }
    }
    g_array_append_val(defs, sw_signaled);
    sdei_define_platform_events(s, defs);
    sdei_define_slots(defs, SDEI_TYPE_PRIVATE, SDEI_EVENT_BOUND_PPI_FIRST,
                      SDEI_NUM_PPI_SLOTS);
    sdei_define_slots(defs, SDEI_TYPE_SHARED, SDEI_EVENT_BOUND_SPI_FIRST,
                      SDEI_NUM_SPI_SLOTS);
    return g_steal_pointer(&defs);
}

static bool sdei_set_pes(SDEIState *s, Error **errp)
{
    ERRP_GUARD();
    ARMCPU *cpu = ARM_CPU(first_cpu);
    g_autoptr(GArray) defs = NULL;
    g_autofree uint64_t *mpidr = NULL;
    uint32_t num_pes = 0;
    CPUState *cs;

    if (!cpu || !arm_feature(&cpu->env, ARM_FEATURE_AARCH64)) {
        error_setg(errp, "SDEI (sdei=on) needs a CPU with AArch64 state");
        error_append_hint(errp, "Choose a 64-bit CPU model, such as "
                          "'-cpu max'\n");
        return false;
    }
    if (arm_feature(&cpu->env, ARM_FEATURE_EL3)) {
        error_setg(errp, "SDEI is not for QEMU to provide where the guest "
                   "has EL3: it belongs to the guest's own firmware there");
        return false;
    }
    s->client_el = arm_feature(&cpu->env, ARM_FEATURE_EL2) ? 2 : 1;

    defs = sdei_define_events(s, errp);
    if (!defs) {
        return false;
    }
    CPU_FOREACH(cs) {
        num_pes = MAX(num_pes, cs->cpu_index + 1);
    }
    mpidr = g_new0(uint64_t, num_pes);
    s->cpu = g_new0(SDEICPUState, num_pes);
    CPU_FOREACH(cs) {
        s->cpu[cs->cpu_index].cs = cs;
        ARM_CPU(cs)->sdei = s;
        mpidr[cs->cpu_index] = arm_cpu_mp_affinity(ARM_CPU(cs));
    }
    sdei_events_init(&s->events, (const SDEIEventDef *)defs->data, defs->len,
                     mpidr, num_pes, s->events.register_flags);
    s->nmi_event = sdei_events_find(&s->events, SDEI_EVENT_AGDI);
    return true;
}

static void sdei_realize(DeviceState *dev, Error **errp)
{
    SDEIState *s = ARM_SDEI(dev);

    if (!sdei_set_version(s, errp) || !sdei_set_accel(s, errp) ||
        !sdei_set_pes(s, errp)) {
        return;
    }
    s->saved = sdei_saved_new(s);
    sdei_gic_realize(s);
    qemu_add_vm_change_state_handler(sdei_vm_state_change, s);
    /* Not on a bus, which would reset it */
    qemu_register_resettable(OBJECT(s));
}

static const Property sdei_properties[] = {
    DEFINE_PROP_STRING("version", SDEIState, version),
    /* Whose inputs can be bound */
    DEFINE_PROP_LINK("gic", SDEIState, gic, TYPE_DEVICE, DeviceState *),
    /* Numbers of events that the board triggers */
    DEFINE_PROP_ARRAY("platform-events", SDEIState, num_platform_events,
                      platform_events, qdev_prop_uint32, uint32_t),
};

static void sdei_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "Arm SDEI dispatcher";
    dc->realize = sdei_realize;
    dc->permanent = true;
    dc->vmsd = &vmstate_sdei;
    /* Belongs to the board, which tells the guest of it */
    dc->user_creatable = false;
    dc->hotpluggable = false;
    rc->phases.hold = sdei_reset_hold;
    NMI_CLASS(klass)->nmi_monitor_handler = sdei_nmi;
    device_class_set_props(dc, sdei_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo sdei_types[] = {
    {
        .name = TYPE_ARM_SDEI,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SDEIState),
        .class_init = sdei_class_init,
        .interfaces = (const InterfaceInfo[]) {
            { TYPE_NMI },
            { }
        },
    },
};

DEFINE_TYPES(sdei_types)
