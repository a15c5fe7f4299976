/*
 * arm-sdei-test: guests that move to another QEMU
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "move.h"

/* In a stream, migration/qemu-file-types.h */
#define QEMU_VM_SECTION_FULL    0x04
#define QEMU_VM_SECTION_FOOTER  0x7e

static char *temp_name(const char *suffix)
{
    static unsigned count;

    return g_strdup_printf("%s/arm-sdei-%d-%u.%s", g_get_tmp_dir(), getpid(),
                           count++, suffix);
}

const char *route_name(Route route)
{
    switch (route) {
    case ROUTE_NONE:
        return "no migration";
    case ROUTE_FILE:
        return "file";
    case ROUTE_SOCKET:
        return "socket";
    case ROUTE_POSTCOPY:
        return "postcopy";
    default:
        g_assert_not_reached();
    }
}

static QDict *set_capability(QTestState *qts, const char *name, bool on)
{
    return qtest_qmp(qts, "{ 'execute': 'migrate-set-capabilities',"
                     "  'arguments': { 'capabilities': [ { 'capability': %s,"
                     "                               'state': %i } ] } }",
                     name, on);
}

static void need_capability(QTestState *qts, const char *name, bool on)
{
    QDict *response = set_capability(qts, name, on);

    g_assert(!qdict_haskey(response, "error"));
    qobject_unref(response);
}

bool route_exists(Route route)
{
    static int postcopy = -1;

    if (route == ROUTE_POSTCOPY && postcopy < 0) {
        QTestState *qts = qtest_init("-machine none -incoming defer");
        QDict *response = set_capability(qts, "postcopy-ram", true);

        postcopy = !qdict_haskey(response, "error");
        if (!postcopy) {
            g_test_message("no postcopy: %s", qdict_get_str(
                               qdict_get_qdict(response, "error"), "desc"));
        }
        qobject_unref(response);
        qtest_quit(qts);
    }
    return route != ROUTE_POSTCOPY || postcopy;
}

/* What query-@what says in its member @member; to be freed */
static char *query(QTestState *qts, const char *what, const char *member)
{
    g_autofree char *command = g_strdup_printf("query-%s", what);
    QDict *response = qtest_qmp_assert_success_ref(qts, "{ 'execute': %s }",
                                                   command);
    char *value = g_strdup(qdict_get_try_str(response, member) ?: "");

    qobject_unref(response);
    return value;
}

static void wait_query(QTestState *qts, const char *what, const char *wanted)
{
    GuestWait wait = { };

    for (;;) {
        g_autofree char *status = query(qts, what, "status");

        if (!strcmp(status, wanted)) {
            return;
        }
        if (!strcmp(status, "failed") || !guest_wait_more(&wait)) {
            g_autofree char *why = query(qts, what, "error-desc");

            g_error("query-%s: %s instead of %s: %s", what, status, wanted,
                    why);
        }
    }
}

void wait_run_state(QTestState *qts, const char *state)
{
    wait_query(qts, "status", state);
}

QTestState *move_start_target(const GuestConfig *config)
{
    g_autofree char *machine = guest_command_line(config);
    g_autofree char *args = g_strdup_printf("%s -incoming defer", machine);

    /* By the name that migration-test has for it */
    return qtest_init_ext("QTEST_QEMU_BINARY_DST", args, NULL, true);
}

static void migrate(QTestState *qts, const char *uri)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'migrate',"
                             "  'arguments': { 'uri': %s } }", uri);
}

static void migrate_incoming(QTestState *qts, const char *uri)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'migrate-incoming',"
                             "  'arguments': { 'uri': %s,"
                             "                 'exit-on-error': false } }",
                             uri);
}

static void move_by_file(QTestState *from, QTestState *to)
{
    g_autofree char *path = temp_name("migration");
    g_autofree char *uri = g_strdup_printf("file:%s", path);

    migrate(from, uri);
    wait_query(from, "migrate", "completed");
    migrate_incoming(to, uri);
    wait_query(to, "migrate", "completed");
    g_unlink(path);
}

static void move_by_socket(QTestState *from, QTestState *to, bool postcopy)
{
    g_autofree char *path = temp_name("socket");
    g_autofree char *uri = g_strdup_printf("unix:%s", path);

    need_capability(from, "postcopy-ram", postcopy);
    need_capability(to, "postcopy-ram", postcopy);
    migrate_incoming(to, uri);
    migrate(from, uri);
    if (postcopy) {
        qtest_qmp_assert_success(from,
                                 "{ 'execute': 'migrate-start-postcopy' }");
    }
    wait_query(from, "migrate", "completed");
    wait_query(to, "migrate", "completed");
    /* Other routes do not know it */
    need_capability(from, "postcopy-ram", false);
    g_unlink(path);
}

Guest *guest_move(Guest *g, Route route, const GuestConfig *to)
{
    QTestState *qts = move_start_target(to ?: &g->config);

    if (route == ROUTE_FILE) {
        move_by_file(g->qts, qts);
    } else {
        move_by_socket(g->qts, qts, route == ROUTE_POSTCOPY);
    }
    return guest_attach(qts, g, to ?: &g->config);
}

void guest_move_end(Guest *g)
{
    qtest_quit(g->qts);
    g_free(g);
}

void guest_move_fails(Guest *g, const GuestConfig *to, const char *text)
{
    QTestState *qts = move_start_target(to);
    g_autofree char *path = temp_name("socket");
    g_autofree char *uri = g_strdup_printf("unix:%s", path);
    GuestWait wait = { };

    /* So that the source hears of it and resumes by itself */
    need_capability(g->qts, "return-path", true);
    need_capability(qts, "return-path", true);
    migrate_incoming(qts, uri);
    migrate(g->qts, uri);
    for (;;) {
        g_autofree char *status = query(qts, "migrate", "status");
        g_autofree char *why = query(qts, "migrate", "error-desc");

        if (!strcmp(status, "failed") && *why) {
            g_test_message("%s", why);
            if (!strstr(why, text)) {
                g_error("\"%s\" is not in \"%s\"", text, why);
            }
            break;
        }
        if (!strcmp(status, "completed") || !guest_wait_more(&wait)) {
            g_error("the migration was not refused: %s", status);
        }
    }
    wait_run_state(g->qts, "running");
    qtest_quit(qts);
    g_unlink(path);
}

void guest_continue(Guest *g)
{
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
}

char *guest_dump(Guest *g)
{
    QDict *response = qtest_qmp_assert_success_ref(
        g->qts, "{ 'execute': 'x-query-sdei' }");
    char *text = g_strdup(qdict_get_str(response, "human-readable-text"));

    qobject_unref(response);
    return text;
}

uint8_t *save_devices(QTestState *qts, size_t *len)
{
    g_autofree char *path = temp_name("devices");
    g_autoptr(GError) err = NULL;
    char *data;

    qtest_qmp_assert_success(qts, "{ 'execute': 'xen-save-devices-state',"
                             "  'arguments': { 'filename': %s,"
                             "                 'live': false } }", path);
    g_file_get_contents(path, &data, len, &err);
    g_assert_no_error(err);
    g_unlink(path);
    return (uint8_t *)data;
}

uint8_t *save_stream(QTestState *qts, size_t *len)
{
    g_autofree char *path = temp_name("migration");
    g_autofree char *uri = g_strdup_printf("file:%s", path);
    g_autoptr(GError) err = NULL;
    char *data;

    migrate(qts, uri);
    wait_query(qts, "migrate", "completed");
    g_file_get_contents(path, &data, len, &err);
    g_assert_no_error(err);
    g_unlink(path);
    return (uint8_t *)data;
}

bool find_section(const uint8_t *data, size_t len, const char *name,
                  size_t *begin, size_t *end)
{
    size_t name_len = strlen(name);
    size_t head = 1 + 4 + 1 + name_len + 4 + 4;

    for (size_t i = 0; i + head + 5 <= len; i++) {
        if (data[i] != QEMU_VM_SECTION_FULL || data[i + 5] != name_len ||
            memcmp(data + i + 6, name, name_len)) {
            continue;
        }
        *begin = i;
        /* The footer repeats the section's id */
        for (i += head; i + 5 <= len; i++) {
            if (data[i] == QEMU_VM_SECTION_FOOTER &&
                !memcmp(data + i + 1, data + *begin + 1, 4) &&
                (i + 5 == len || data[i + 5] < 0x10)) {
                *end = i + 5;
                return true;
            }
        }
    }
    return false;
}
