/*
 * arm-sdei-test: snapshots of a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qobject.h"
#include "harness.h"
#include "snapshot.h"

#define JOB             "arm-sdei-job"
#define NODE            "arm-sdei-snapshots"

/* Wait for the end of the job; returns NULL or its error, to be freed */
static char *end_job(QTestState *qts)
{
    bool concluded = false;
    GuestWait wait = { };
    char *why = NULL;

    while (!concluded) {
        QDict *response = qtest_qmp(qts, "{ 'execute': 'query-jobs' }");
        const QListEntry *entry;

        QLIST_FOREACH_ENTRY(qdict_get_qlist(response, "return"), entry) {
            QDict *job = qobject_to(QDict, qlist_entry_obj(entry));

            if (!strcmp(qdict_get_str(job, "id"), JOB) &&
                !strcmp(qdict_get_str(job, "status"), "concluded")) {
                concluded = true;
                why = g_strdup(qdict_get_try_str(job, "error"));
            }
        }
        qobject_unref(response);
        if (!concluded && !guest_wait_more(&wait)) {
            g_error("a job does not end");
        }
    }
    qtest_qmp_assert_success(qts, "{ 'execute': 'job-dismiss',"
                             "  'arguments': { 'id': %s } }", JOB);
    return why;
}

static void need_job(QTestState *qts)
{
    g_autofree char *why = end_job(qts);

    if (why) {
        g_error("a job failed: %s", why);
    }
}

void snapshot_attach(QTestState *qts, const char *path)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'blockdev-create',"
                             "  'arguments': { 'job-id': %s, 'options':"
                             "    { 'driver': 'file', 'filename': %s,"
                             "      'size': 0 } } }", JOB, path);
    need_job(qts);
    qtest_qmp_assert_success(qts, "{ 'execute': 'blockdev-add',"
                             "  'arguments': { 'driver': 'file',"
                             "    'filename': %s, 'node-name': %s } }",
                             path, NODE "-file");
    qtest_qmp_assert_success(qts, "{ 'execute': 'blockdev-create',"
                             "  'arguments': { 'job-id': %s, 'options':"
                             "    { 'driver': 'qcow2', 'file': %s,"
                             "      'size': 65536 } } }", JOB, NODE "-file");
    need_job(qts);
    qtest_qmp_assert_success(qts, "{ 'execute': 'blockdev-add',"
                             "  'arguments': { 'driver': 'qcow2',"
                             "    'file': %s, 'node-name': %s } }",
                             NODE "-file", NODE);
}

void snapshot_save(QTestState *qts, const char *tag)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'snapshot-save',"
                             "  'arguments': { 'job-id': %s, 'tag': %s,"
                             "    'vmstate': %s, 'devices': [ %s ] } }",
                             JOB, tag, NODE, NODE);
    need_job(qts);
}

char *snapshot_try_load(QTestState *qts, const char *tag)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'snapshot-load',"
                             "  'arguments': { 'job-id': %s, 'tag': %s,"
                             "    'vmstate': %s, 'devices': [ %s ] } }",
                             JOB, tag, NODE, NODE);
    return end_job(qts);
}

void snapshot_load(QTestState *qts, const char *tag)
{
    g_autofree char *why = snapshot_try_load(qts, tag);

    if (why) {
        g_error("snapshot-load failed: %s", why);
    }
}

void snapshot_delete(QTestState *qts, const char *tag)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'snapshot-delete',"
                             "  'arguments': { 'job-id': %s, 'tag': %s,"
                             "    'devices': [ %s ] } }", JOB, tag, NODE);
    need_job(qts);
}
