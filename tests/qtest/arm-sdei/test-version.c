/*
 * arm-sdei-test: versions of the interface, relative entry points
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "scenario.h"
#include "user-event.h"

#define VERSION(major, minor)   (((uint64_t)(major) << 48) | \
                                 ((uint64_t)(minor) << 32))
#define VERSION_VENDOR          0xffffffffull

/* Other vectors, one table for each PE */
#define OTHER_VECTORS(cpu)      (GLOBAL_BASE + 0x4000 + (cpu) * 0x1000)
#define VECTORS_SIZE            0x1000
#define REPLACED                5

/*
 * Vectors at another place: exceptions go where they did, and so do entries of
 * handlers, but that of handler @n leads to handler REPLACED.
 */
static void write_vectors(Guest *g, unsigned cpu, unsigned n)
{
    uint64_t base = OTHER_VECTORS(cpu);
    uint32_t code[VECTORS_SIZE / 4];

    for (unsigned i = 0; i < ARRAY_SIZE(code); i++) {
        int64_t to = GUEST_VECTORS + i * 4, from = base + i * 4;

        if (i * 4 == GUEST_HANDLER_OFFSET(n)) {
            to = GUEST_HANDLER(REPLACED);
        }
        code[i] = cpu_to_le32(INSN_B(to - from));
    }
    qtest_memwrite(g->qts, base, code, sizeof(code));
}

static void set_vbar(Guest *g, unsigned cpu, uint64_t vbar)
{
    guest_write_sysreg(g, cpu, guest_sysreg(g, SYSREG_VBAR_EL1,
                                            SYSREG_VBAR_EL2), vbar);
}

static void register_relative(Guest *g, unsigned cpu, uint32_t num,
                              uint64_t offset, uint64_t flags, unsigned pe)
{
    guest_expect(g, cpu, 0, SDEI_EVENT_REGISTER, num, offset, 0x1234,
                 SDEI_REGISTER_RELATIVE | flags, guest_affinity(g, pe));
    guest_expect(g, cpu, 0, SDEI_EVENT_ENABLE, num);
}

static void enter_and_leave(Guest *g, unsigned cpu, uint32_t num,
                            unsigned handler)
{
    GuestFrame frame;

    guest_wait_handler(g, cpu, handler, &frame);
    guest_check_eq(g, cpu, frame.x[0], num, "entry X0 (event number)");
    guest_check_eq(g, cpu, frame.x[1], 0x1234, "entry X1 (ep_arg)");
    guest_complete(g, cpu, 0);
    guest_nop(g, cpu);
}

static void test_relative(Guest *g, const void *data)
{
    register_relative(g, 1, EVENT_PN1, GUEST_HANDLER_OFFSET(2), 0, 0);
    register_relative(g, 1, EVENT_SN1, GUEST_HANDLER_OFFSET(3),
                      SDEI_REGISTER_RM_PE, 1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 1);
    enter_and_leave(g, 1, EVENT_PN1, 2);
    user_event_trigger_shared(g, EVENT_SN1);
    enter_and_leave(g, 1, EVENT_SN1, 3);
}

/* VBAR of the moment when the event is dispatched, not of REGISTER */
static void test_relative_vbar_changes(Guest *g, const void *data)
{
    write_vectors(g, 1, 2);
    register_relative(g, 1, EVENT_PN1, GUEST_HANDLER_OFFSET(2), 0, 0);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    set_vbar(g, 1, OTHER_VECTORS(1));
    user_event_trigger(g, EVENT_PN1, 1);
    enter_and_leave(g, 1, EVENT_PN1, REPLACED);

    /* Triggered with one VBAR, taken with the other */
    guest_expect(g, 1, 1, SDEI_PE_MASK);
    user_event_trigger(g, EVENT_PN1, 1);
    set_vbar(g, 1, GUEST_VECTORS);
    guest_expect(g, 1, 0, SDEI_EVENT_DISABLE, EVENT_PN1);
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    guest_call_start(g, 1, SDEI_EVENT_ENABLE, EVENT_PN1);
    enter_and_leave(g, 1, EVENT_PN1, 2);

    /* An absolute entry does not care */
    guest_expect(g, 1, 0, SDEI_EVENT_UNREGISTER, EVENT_PN1);
    guest_expect(g, 1, 0, SDEI_EVENT_REGISTER, EVENT_PN1, GUEST_HANDLER(2),
                 0x1234);
    guest_expect(g, 1, 0, SDEI_EVENT_ENABLE, EVENT_PN1);
    set_vbar(g, 1, OTHER_VECTORS(1));
    user_event_trigger(g, EVENT_PN1, 1);
    enter_and_leave(g, 1, EVENT_PN1, 2);
    set_vbar(g, 1, GUEST_VECTORS);
}

/* VBAR of the PE that takes the event, not of the one that registered it */
static void test_relative_vbar_of_pe(Guest *g, const void *data)
{
    write_vectors(g, 2, 2);
    set_vbar(g, 2, OTHER_VECTORS(2));
    register_relative(g, 0, EVENT_SN1, GUEST_HANDLER_OFFSET(2), 0, 0);
    for (unsigned pe = 1; pe <= 2; pe++) {
        guest_expect(g, pe, 0, SDEI_PE_UNMASK);
        user_event_trigger_shared(g, EVENT_SN1);
        enter_and_leave(g, pe, EVENT_SN1, pe == 2 ? REPLACED : 2);
        guest_expect(g, pe, 1, SDEI_PE_MASK);
    }
    set_vbar(g, 2, GUEST_VECTORS);
}

/* Offset 0 is VBAR itself */
static void test_relative_0(Guest *g, const void *data)
{
    GuestFrame frame;

    write_vectors(g, 1, 2);
    register_relative(g, 1, EVENT_PN1, 0, 0, 0);
    /* Its first vector is one that nothing else uses: SP_EL0, synchronous */
    qtest_writel(g->qts, OTHER_VECTORS(1),
                 INSN_B((int64_t)GUEST_HANDLER(3) - OTHER_VECTORS(1)));
    set_vbar(g, 1, OTHER_VECTORS(1));
    guest_expect(g, 1, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 1);
    guest_wait_handler(g, 1, 3, &frame);
    guest_check_eq(g, 1, frame.x[0], EVENT_PN1, "entry X0 (event number)");
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    set_vbar(g, 1, GUEST_VECTORS);
}

static void test_relative_invalid(Guest *g, const void *data)
{
    static const uint64_t offsets[] = { 1, 2, 3, 0x801, -1 };

    for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_REGISTER,
                     EVENT_PN1, offsets[i], 0, SDEI_REGISTER_RELATIVE);
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_REGISTER,
                     EVENT_SN1, offsets[i], 0, SDEI_REGISTER_RELATIVE);
    }
}

/* -global arm-sdei.version */

typedef struct VersionCase {
    const char *path;
    GuestConfig config;
    uint64_t version;
    bool relative;
} VersionCase;

static const VersionCase version_cases[] = {
    { "default-is-1.1", { .cpus = 1, .args = USER_EVENTS_ARGS },
      VERSION(1, 1), true },
    { "1.1", { .cpus = 1, .args = USER_EVENTS_ARGS
               " -global arm-sdei.version=1.1" }, VERSION(1, 1), true },
    { "1.0", { .cpus = 1, .args = USER_EVENTS_ARGS
               " -global arm-sdei.version=1.0" }, VERSION(1, 0), false },
    { "1.0-el2", { .cpus = 1, .machine = "virtualization=on",
                   .args = USER_EVENTS_ARGS
                   " -global arm-sdei.version=1.0" }, VERSION(1, 0), false },
};

static void test_version(const void *data)
{
    const VersionCase *c = data;
    Guest *g = guest_start(&c->config);
    int64_t relative = c->relative ? 0 : SDEI_INVALID_PARAMETERS;
    int64_t version = guest_call(g, 0, SDEI_VERSION);
    int64_t slots;

    guest_check_eq(g, 0, version & ~VERSION_VENDOR, c->version, "VERSION");
    guest_expect(g, 0, c->relative ? 1 : SDEI_INVALID_PARAMETERS,
                 SDEI_FEATURES, SDEI_FEATURE_RELATIVE);
    slots = guest_call(g, 0, SDEI_FEATURES, SDEI_FEATURE_BIND_SLOTS);
    guest_check_eq(g, 0, (uint64_t)slots >> 32, 0, "FEATURES(0) [63:32]");
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_FEATURES, 2);

    /* The flag, alone and with RM_PE */
    for (unsigned flags = 0; flags < 4; flags++) {
        int64_t result = flags & SDEI_REGISTER_RELATIVE ? relative : 0;

        guest_expect(g, 0, result, SDEI_EVENT_REGISTER, EVENT_PN1,
                     GUEST_HANDLER(1), 0, flags, guest_affinity(g, 0));
        guest_expect(g, 0, result, SDEI_EVENT_REGISTER, EVENT_SN1,
                     GUEST_HANDLER(1), 0, flags, guest_affinity(g, 0));
        if (result == 0) {
            guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, EVENT_PN1);
            guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, EVENT_SN1);
        }
    }
    guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_EVENT_REGISTER,
                 EVENT_PN1, GUEST_HANDLER(1), 0, 4);

    /* All else works */
    user_event_enable(g, 0, EVENT_PN1, 1, 0);
    guest_expect(g, 0, 0, SDEI_PE_UNMASK);
    user_event_trigger(g, EVENT_PN1, 0);
    guest_wait_handler(g, 0, 1, NULL);
    guest_complete(g, 0, 0);
    guest_nop(g, 0);
}

/* A version that nobody knows is an error at start */
static void test_version_refused(const void *data)
{
    g_autofree char *args = NULL, *error = NULL, *dtb = NULL;

    args = g_strdup_printf("-cpu max -machine virt,sdei=on "
                           "-global arm-sdei.version=%s", (const char *)data);
    dtb = guest_machine_dtb(args, &error);
    g_test_message("%s", error);
    g_assert_null(dtb);
    g_assert_nonnull(strstr(error, "version"));
    g_assert_nonnull(strstr(error, "1.0 and 1.1"));
}

void add_version_tests(void)
{
    static const char *const bad_versions[] = {
        "2.0", "1.2", "1", "1.10", "''", "v1.1",
    };
    ScenarioFlags machines = SCENARIO_EVENTS;

    scenario_add(machines, test_relative, NULL, "relative/entry");
    scenario_add(machines, test_relative_vbar_changes, NULL,
                 "relative/vbar-at-dispatch");
    scenario_add(machines, test_relative_vbar_of_pe, NULL,
                 "relative/vbar-of-handling-pe");
    scenario_add(machines, test_relative_0, NULL, "relative/offset-0");
    scenario_add(machines, test_relative_invalid, NULL,
                 "relative/misaligned");
    for (unsigned i = 0; i < ARRAY_SIZE(version_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/version/%s",
                                                version_cases[i].path);

        qtest_add_data_func(path, &version_cases[i], test_version);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bad_versions); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/version/refused/%u",
                                                i);

        qtest_add_data_func(path, bad_versions[i], test_version_refused);
    }
}
