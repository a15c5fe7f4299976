/*
 * arm-sdei-test: what the virt machine says of SDEI, and what it refuses
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <libfdt.h>
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "acpi.h"
#include "scenario.h"

typedef struct DtCase {
    const char *path;
    const char *args;
    const char *method;     /* NULL: there is no node */
} DtCase;

static const DtCase dt_cases[] = {
    { "el1", "-cpu max -machine virt,sdei=on", "hvc" },
    { "el2", "-cpu max -machine virt,virtualization=on,sdei=on", "smc" },
    { "qtest-accel", "-cpu max -machine virt,sdei=on -accel qtest", "hvc" },
    { "off", "-cpu max -machine virt,sdei=off" },
    { "default", "-cpu max -machine virt" },
};

static void check_dt_string(const void *dtb, int node, const char *name,
                            const char *expected)
{
    int len;
    const char *value = fdt_getprop(dtb, node, name, &len);

    g_assert_nonnull(value);
    g_assert_cmpint(len, ==, strlen(expected) + 1);
    g_assert_cmpstr(value, ==, expected);
}

static void test_dt(const void *data)
{
    const DtCase *c = data;
    g_autofree char *error = NULL;
    g_autofree void *dtb = guest_machine_dtb(c->args, &error);
    int node;

    if (!dtb) {
        g_error("QEMU failed: %s", error);
    }
    node = fdt_path_offset(dtb, "/firmware/sdei");
    if (c->method) {
        g_assert_cmpint(node, >=, 0);
        check_dt_string(dtb, node, "compatible", "arm,sdei-1.0");
        check_dt_string(dtb, node, "method", c->method);
    } else {
        g_assert_cmpint(node, ==, -FDT_ERR_NOTFOUND);
        g_assert_cmpint(fdt_path_offset(dtb, "/firmware"), ==,
                        -FDT_ERR_NOTFOUND);
    }
}

/* Next tag that is not a NOP */
static uint32_t next_tag(const void *dtb, int *offset)
{
    uint32_t tag;
    int next;

    do {
        tag = fdt_next_tag(dtb, *offset, &next);
        *offset = next;
    } while (tag == FDT_NOP);
    return tag;
}

/* Same nodes and properties, in the same order */
static void check_same_dt(const void *a, const void *b)
{
    int pos_a = 0, pos_b = 0;
    uint32_t tag;

    do {
        int at_a = pos_a, at_b = pos_b;

        tag = next_tag(a, &pos_a);
        g_assert_cmphex(tag, ==, next_tag(b, &pos_b));
        if (tag == FDT_BEGIN_NODE) {
            g_assert_cmpstr(fdt_get_name(a, at_a, NULL), ==,
                            fdt_get_name(b, at_b, NULL));
        } else if (tag == FDT_PROP) {
            const char *name_a, *name_b;
            int len_a, len_b;
            const void *value_a = fdt_getprop_by_offset(a, at_a, &name_a,
                                                        &len_a);
            const void *value_b = fdt_getprop_by_offset(b, at_b, &name_b,
                                                        &len_b);

            g_assert_cmpstr(name_a, ==, name_b);
            g_assert_cmpmem(value_a, len_a, value_b, len_b);
        }
    } while (tag != FDT_END);
}

/* sdei=on adds its node and changes nothing else */
static void test_dt_rest_unchanged(void)
{
    g_autofree char *error = NULL;
    g_autofree void *on = guest_machine_dtb("-cpu max -machine virt,sdei=on",
                                            &error);
    g_autofree void *off = guest_machine_dtb("-cpu max -machine virt,sdei=off",
                                             NULL);

    g_assert_nonnull(on);
    g_assert_nonnull(off);
    g_assert_cmpint(fdt_del_node(on, fdt_path_offset(on, "/firmware")), ==, 0);
    g_assert_cmpint(fdt_pack(on), ==, 0);
    g_assert_cmpint(fdt_pack(off), ==, 0);
    check_same_dt(on, off);
}

typedef struct RefusalCase {
    const char *path;
    const char *args;
    const char *text[3];    /* all in the error */
} RefusalCase;

static const RefusalCase refusal_cases[] = {
    { "secure", "-cpu max -machine virt,secure=on,sdei=on",
      { "sdei=on", "secure=on", "EL3" } },
    { "secure-virtualization",
      "-cpu max -machine virt,secure=on,virtualization=on,sdei=on",
      { "sdei=on", "secure=on" } },
    { "aarch32-cpu", "-machine virt,sdei=on -cpu cortex-a15",
      { "SDEI", "AArch64" } },
    { "aarch64-off", "-machine virt,sdei=on -cpu cortex-a57,aarch64=off",
      { "aarch64" } },
};

static void test_refusal(const void *data)
{
    const RefusalCase *c = data;
    g_autofree char *error = NULL;
    g_autofree void *dtb = guest_machine_dtb(c->args, &error);

    g_assert_null(dtb);
    g_test_message("%s", error);
    for (unsigned i = 0; i < ARRAY_SIZE(c->text) && c->text[i]; i++) {
        if (!strstr(error, c->text[i])) {
            g_error("\"%s\" is not in the error: %s", c->text[i], error);
        }
    }
}

/* Revision 1: signaling mode 0 (SDEI), the event's number, no GSIV */
static void check_agdi(const AcpiTables *acpi, bool on)
{
    static const uint8_t body[12] = { 0, 0, 0, 0, 0x01, 0, 0, 0x40 };
    uint32_t table = acpi_find_table(acpi, "AGDI");

    g_assert_cmpint(table != 0, ==, on);
    if (on) {
        g_assert_cmpuint(acpi->blob[table + ACPI_HEADER_REVISION], ==, 1);
        g_assert_cmpuint(ldl_le_p(&acpi->blob[table + ACPI_HEADER_LENGTH]), ==,
                         ACPI_HEADER_SIZE + sizeof(body));
        g_assert_cmpmem(&acpi->blob[table + ACPI_HEADER_SIZE], sizeof(body),
                        body, sizeof(body));
    }
}

static void test_acpi(const void *data)
{
    bool on = !strstr(data, "off");
    QTestState *qts = qtest_initf("-nodefaults -cpu max -machine %s "
                                  "-accel qtest",
                                  (const char *)data);
    AcpiTables acpi = { };
    uint32_t table;

    acpi_read(qts, &acpi);
    g_assert_cmpuint(acpi_find_table(&acpi, "GTDT"), !=, 0);
    check_agdi(&acpi, on);
    table = acpi_find_table(&acpi, "SDEI");
    if (on) {
        g_assert_cmpuint(table, !=, 0);
        /* A header and nothing else, revision 1 */
        g_assert_cmpuint(ldl_le_p(&acpi.blob[table + ACPI_HEADER_LENGTH]), ==,
                         ACPI_HEADER_SIZE);
        g_assert_cmpuint(acpi.blob[table + ACPI_HEADER_REVISION], ==, 1);
    } else {
        g_assert_cmpuint(table, ==, 0);
    }
    g_free(acpi.blob);
    qtest_quit(qts);
}

/* To be freed */
static char *machine_help(void)
{
    g_autofree char *command = g_strdup_printf("%s -machine virt,help",
                                               qtest_qemu_binary(NULL));
    g_autoptr(GError) err = NULL;
    char *help = NULL;

    g_spawn_command_line_sync(command, &help, NULL, NULL, &err);
    g_assert_no_error(err);
    return help;
}

/* "-machine virt,help" lists the property, and what it is for */
static void test_help(void)
{
    g_autofree char *help = machine_help();

    g_assert_nonnull(strstr(help, "sdei=<bool>"));
    g_assert_nonnull(strstr(help, "SDEI firmware interface"));
}

/*
 * A reset that asks for another VM file descriptor: KVM forwards calls to
 * QEMU after it as before.
 */
static void test_another_vm(void)
{
    g_autofree char *help = machine_help();
    GuestConfig config = {
        .cpus = 2, .machine = "x-change-vmfd-on-reset=on",
    };
    Guest *g;

    if (!strstr(help, "x-change-vmfd-on-reset")) {
        g_test_skip("this QEMU never changes the VM file descriptor");
        return;
    }
    g = guest_start(&config);
    for (unsigned i = 0; i < 3; i++) {
        event_ready(g, 1, 0, 0);
        event_signal(g, 0, 1);
        guest_wait_handler(g, 1, 0, NULL);
        guest_reset(g);
    }
    guest_finish();
}

/* A GIC that cannot lend its lines: nothing can be bound, all else works */
static void test_gicv5(void)
{
    static const uint32_t intids[] = { 0, 16, 27, 32, 40, 1019, UINT32_MAX };
    g_autofree char *help = machine_help();
    GuestConfig config = { .cpus = 2, .machine = "gic-version=x-5,its=off" };
    Guest *g;

    if (!strstr(help, "x-5")) {
        g_test_skip("this QEMU has no GICv5");
        return;
    }
    g = guest_start(&config);
    guest_expect(g, 0, 0, SDEI_FEATURES, SDEI_FEATURE_BIND_SLOTS);
    for (unsigned i = 0; i < ARRAY_SIZE(intids); i++) {
        guest_expect(g, 0, SDEI_INVALID_PARAMETERS, SDEI_INTERRUPT_BIND,
                     intids[i]);
    }
    event_ready(g, 1, 0, 0);
    event_signal(g, 0, 1);
    guest_wait_handler(g, 1, 0, NULL);
    guest_complete(g, 1, 0);
    guest_nop(g, 1);
    guest_reset(g);
    guest_finish();
}

/* What a driver author sees with -d guest_errors */
static const struct {
    uint64_t call[3];
    const char *text;       /* NULL: nothing is logged */
} log_cases[] = {
    { { SDEI_VERSION } },
    { { SDEI_EVENT_STATUS, 0 } },
    { { SDEI_EVENT_ENABLE, 0 }, "EVENT_ENABLE" },
    { { SDEI_EVENT_REGISTER, 0, 2 }, "EVENT_REGISTER" },
    { { SDEI_EVENT_CONTEXT, 0 }, "EVENT_CONTEXT" },
    { { SDEI_EVENT_SIGNAL, 0, 0xff }, "EVENT_SIGNAL" },
    { { SDEI_FN(0x13) }, "undefined" },
    { { SDEI_PE_UNMASK } },
    { { SDEI_PE_MASK } },
    { { SDEI_PRIVATE_RESET } },
};

static void test_log(void)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *path = NULL;
    g_autofree char *args = NULL;
    size_t known = 0;
    int fd = g_file_open_tmp("arm-sdei-log-XXXXXX", &path, &err);
    GuestConfig config = { .cpus = 1 };
    Guest *g;

    g_assert_no_error(err);
    close(fd);
    args = g_strdup_printf("-d guest_errors -D %s", path);
    config.args = args;
    g = guest_start(&config);
    for (unsigned i = 0; i < ARRAY_SIZE(log_cases); i++) {
        g_autofree char *log = NULL;
        size_t size;

        guest_call(g, 0, log_cases[i].call[0], log_cases[i].call[1],
                   log_cases[i].call[2]);
        g_file_get_contents(path, &log, &size, &err);
        g_assert_no_error(err);
        if (!log_cases[i].text) {
            g_assert_cmpstr(log + known, ==, "");
        } else {
            char *line_end = strchr(log + known, '\n');

            g_assert_nonnull(strstr(log + known, log_cases[i].text));
            /* One line for one mistake */
            g_assert_nonnull(line_end);
            g_assert_cmpstr(line_end, ==, "\n");
        }
        known = size;
    }
    guest_finish();
    g_unlink(path);
}

/* With sdei=off the function ids are nobody's */
static void test_off(const void *data)
{
    const GuestConfig config = {
        .cpus = 1,
        .machine = data,
        .no_sdei = true,
    };
    Guest *g = guest_start(&config);

    for (unsigned n = 0; n < SDEI_FN_COUNT; n++) {
        guest_expect(g, 0, SDEI_NOT_SUPPORTED, SDEI_FN(n));
    }
}

typedef struct FixedCase {
    const char *name;
    const char *args;
    const char *path;
    const char *property;
    bool value;
    const char *error;
} FixedCase;

/* What a management tool cannot undo once the machine exists */
static const FixedCase fixed_cases[] = {
    { "on", "virt,sdei=off", "/machine", "sdei", true, "cannot be changed" },
    { "off", "virt,sdei=on", "/machine", "sdei", false, "cannot be changed" },
    { "unrealize", "virt,sdei=on", "/machine/arm-sdei", "realized", false,
      "cannot be unrealized" },
    { "unrealize-ghes", "virt,sdei=on,ras=on", "/machine/virt-sdei-ghes",
      "realized", false, "cannot be unrealized" },
    { "platform-events", "virt,sdei=on", "/machine/arm-sdei",
      "platform-events", true, "after it was realized" },
};

static bool machine_has_sdei(QTestState *qts)
{
    QDict *response = qtest_qmp(qts, "{ 'execute': 'x-query-sdei' }");
    bool has = qdict_haskey(response, "return");

    qobject_unref(response);
    return has;
}

static void test_fixed(const void *data)
{
    const FixedCase *c = data;
    QTestState *qts = qtest_initf("-machine %s -cpu max -accel qtest",
                                  c->args);
    bool has = machine_has_sdei(qts);
    const char *text;
    QDict *response;

    response = qtest_qmp(qts, "{ 'execute': 'qom-set', 'arguments': {"
                         " 'path': %s, 'property': %s, 'value': %i } }",
                         c->path, c->property, c->value);
    g_assert(qdict_haskey(response, "error"));
    text = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    if (!strstr(text, c->error)) {
        g_error("\"%s\" is not in the error: %s", c->error, text);
    }
    qobject_unref(response);
    /* It goes on as before: a device moves its line, the machine resets */
    g_assert_cmpint(machine_has_sdei(qts), ==, has);
    qtest_writel(qts, 0x09000038, 0x20);    /* PL011: UARTIMSC */
    qtest_writel(qts, 0x09000000, 'x');
    qtest_system_reset(qts);
    g_assert_cmpint(machine_has_sdei(qts), ==, has);
    qtest_quit(qts);
}

/* Those that the manual names */
static void test_properties(void)
{
    static const char *const names[] = { "version", "gic", "platform-events" };
    QTestState *qts = qtest_init("-machine virt,sdei=on -cpu max -accel qtest");
    QDict *response = qtest_qmp(qts,
        "{ 'execute': 'device-list-properties',"
        "  'arguments': { 'typename': 'arm-sdei' } }");
    const QListEntry *e;
    unsigned found = 0;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(response, "return"), e) {
        QDict *property = qobject_to(QDict, qlist_entry_obj(e));
        const char *name = qdict_get_str(property, "name");

        for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
            found += !strcmp(name, names[i]);
        }
        g_test_message("%s", name);
    }
    g_assert_cmpuint(found, ==, ARRAY_SIZE(names));
    g_assert_cmpuint(qlist_size(qdict_get_qlist(response, "return")), ==,
                     ARRAY_SIZE(names));
    qobject_unref(response);
    qtest_quit(qts);
}

void add_machine_tests(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(dt_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/machine/dt/%s",
                                                dt_cases[i].path);

        qtest_add_data_func(path, &dt_cases[i], test_dt);
    }
    qtest_add_func("/arm-sdei/machine/dt/rest-unchanged",
                   test_dt_rest_unchanged);
    qtest_add_func("/arm-sdei/machine/help", test_help);
    qtest_add_func("/arm-sdei/machine/log-guest-errors", test_log);
    if (guest_is_kvm()) {
        qtest_add_func("/arm-sdei/machine/another-vm", test_another_vm);
    } else {
        qtest_add_func("/arm-sdei/machine/gicv5", test_gicv5);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(refusal_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/machine/refuse/%s",
                                                refusal_cases[i].path);

        qtest_add_data_func(path, &refusal_cases[i], test_refusal);
    }
    qtest_add_data_func("/arm-sdei/machine/acpi/on", "virt,sdei=on", test_acpi);
    qtest_add_data_func("/arm-sdei/machine/acpi/off", "virt,sdei=off",
                        test_acpi);
    for (unsigned i = 0; i < ARRAY_SIZE(fixed_cases); i++) {
        g_autofree char *path = g_strdup_printf("/arm-sdei/machine/fixed/%s",
                                                fixed_cases[i].name);

        qtest_add_data_func(path, &fixed_cases[i], test_fixed);
    }
    qtest_add_func("/arm-sdei/machine/properties", test_properties);
    qtest_add_data_func("/arm-sdei/machine/off/el1", "gic-version=3",
                        test_off);
    qtest_add_data_func("/arm-sdei/machine/off/el2",
                        "gic-version=3,virtualization=on", test_off);
}
