/*
 * arm-sdei-test: snapshots of a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_ARM_SDEI_SNAPSHOT_H
#define TESTS_QTEST_ARM_SDEI_SNAPSHOT_H

#include "libqtest.h"

/**
 * snapshot_attach: give a running QEMU a disk for snapshots
 * @path: of the image, a file that does not exist
 */
void snapshot_attach(QTestState *qts, const char *path);

/** snapshot_save: save everything as @tag; the guest goes on */
void snapshot_save(QTestState *qts, const char *tag);
/** snapshot_load: go back; the VM runs afterwards if it did before */
void snapshot_load(QTestState *qts, const char *tag);
/**
 * snapshot_try_load: go back, if QEMU lets us
 * Returns: NULL, or the error, to be freed; the VM is stopped then
 */
char *snapshot_try_load(QTestState *qts, const char *tag);
/** snapshot_delete: forget */
void snapshot_delete(QTestState *qts, const char *tag);

#endif
