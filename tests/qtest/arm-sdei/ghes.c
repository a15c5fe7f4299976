/*
 * arm-sdei-test: the guest's driver of hardware errors, played by the test
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "ghes.h"
#include "move.h"

#define GHES_STATUS     24      /* address in the register's description */
#define GHES_NOTIFY     32
#define GHES_VECTOR     40
#define GHES_READ_ACK   68

Source read_source(Guest *g, uint64_t hest, unsigned i)
{
    uint64_t at = hest + HEST_SOURCES + i * GHES_SIZE;

    return (Source) {
        .type = qtest_readw(g->qts, at),
        .id = qtest_readw(g->qts, at + 2),
        .notify = qtest_readb(g->qts, at + GHES_NOTIFY),
        .vector = qtest_readl(g->qts, at + GHES_VECTOR),
        .block = qtest_readq(g->qts, qtest_readq(g->qts, at + GHES_STATUS)),
        .ack = qtest_readq(g->qts, at + GHES_READ_ACK),
    };
}

Source find_source(Guest *g, uint64_t hest, unsigned id)
{
    Source source = read_source(g, hest, id);

    g_assert_cmpuint(source.id, ==, id);
    return source;
}

void acknowledge(Guest *g, const Source *source)
{
    qtest_writeq(g->qts, source->ack, 1);
}

void check_no_record(Guest *g, const Source *source)
{
    g_assert_cmphex(qtest_readq(g->qts, source->ack), ==, 1);
}

void check_queued(Guest *g, unsigned count)
{
    g_autofree char *text = guest_dump(g);
    g_autofree char *line =
        g_strdup_printf("Hardware errors: %u of %d queued\n", count,
                        QUEUE_SIZE);

    if (!strstr(text, line)) {
        guest_fail(g, 0, "not %u errors are queued: %s", count, text);
    }
}
