/*
 * arm-sdei-test: guests that move to another QEMU
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_ARM_SDEI_MOVE_H
#define TESTS_QTEST_ARM_SDEI_MOVE_H

#include "harness.h"

typedef enum Route {
    ROUTE_NONE = 0,
    ROUTE_FILE = 1 << 0,
    ROUTE_SOCKET = 1 << 1,
    ROUTE_POSTCOPY = 1 << 2,
    ROUTE_ALL = ROUTE_FILE | ROUTE_SOCKET | ROUTE_POSTCOPY,
} Route;

const char *route_name(Route route);
/** route_exists: can it be used on this host? */
bool route_exists(Route route);

/** move_start_target: start a QEMU that waits for a guest of @config */
QTestState *move_start_target(const GuestConfig *config);

/**
 * guest_move: migrate a guest to a new QEMU
 * @to: configuration of that, or NULL for the present one
 *
 * Returns: the guest over there, to be ended with guest_move_end().  @g stays
 *     as it was, in a QEMU that is stopped.
 */
Guest *guest_move(Guest *g, Route route, const GuestConfig *to);

/** guest_move_end: end the QEMU that guest_move() started */
void guest_move_end(Guest *g);

/**
 * guest_move_fails: migrate to where it must be refused
 * @text: has to be in the error of the other side
 *
 * The guest goes on where it is.
 */
void guest_move_fails(Guest *g, const GuestConfig *to, const char *text);

/** guest_continue: run again after guest_move() */
void guest_continue(Guest *g);

/** guest_dump: the device's state as text; to be freed */
char *guest_dump(Guest *g);

/** wait_run_state: wait until query-status says @state */
void wait_run_state(QTestState *qts, const char *state);

/** save_devices: the state of all devices, without the RAM's; to be freed */
uint8_t *save_devices(QTestState *qts, size_t *len);
/** save_stream: a whole migration stream; to be freed.  The VM is stopped. */
uint8_t *save_stream(QTestState *qts, size_t *len);
/** find_section: where device @name begins and ends in what was saved */
bool find_section(const uint8_t *data, size_t len, const char *name,
                  size_t *begin, size_t *end);

#endif
