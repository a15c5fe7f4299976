/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm SDEI: what management is told, by QMP events
 *
 * Of events that it triggers itself (inject-nmi, sdei-trigger-event), and of
 * the guest's client of inject-nmi.  The monitor limits their rate, as the
 * guest can cause any number (monitor/monitor.c).
 */

#include "qemu/osdep.h"
#include "qapi/qapi-events-sdei.h"
#include "sdei-internal.h"

static bool sdei_is_managements(uint32_t num)
{
    return num == SDEI_EVENT_AGDI ||
           (num >= SDEI_EVENT_USER_FIRST && num <= SDEI_EVENT_USER_LAST);
}

void sdei_report_taken(uint32_t num, uint32_t pe)
{
    if (sdei_is_managements(num)) {
        qapi_event_send_sdei_event_taken(num, pe);
    }
}

void sdei_report_completed(uint32_t num, uint32_t pe)
{
    if (sdei_is_managements(num)) {
        qapi_event_send_sdei_event_completed(num, pe);
    }
}

void sdei_report_off(const SDEIState *s, uint32_t pe)
{
    const SDEIPE *p = &s->events.pe[pe];
    int i;

    for (i = SDEI_PRIO_COUNT - 1; i >= 0; i--) {
        if (p->running[i] != SDEI_NONE) {
            sdei_report_completed(s->events.event[p->running[i]].def.num, pe);
        }
    }
}

void sdei_report_client_change(SDEIState *s)
{
    s->client_reported = !s->client_reported;
    qapi_event_send_sdei_client_change(SDEI_EVENT_AGDI, s->client_reported);
}
