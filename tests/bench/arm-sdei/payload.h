/*
 * What the two halves of the arm-sdei benchmark's guest share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_BENCH_ARM_SDEI_PAYLOAD_H
#define TESTS_BENCH_ARM_SDEI_PAYLOAD_H

#define MAX_PES         512
#define STACK_SIZE      4096

#define FN_PSCI_VERSION         0x84000000
#define FN_PSCI_CPU_OFF         0x84000002
#define FN_PSCI_CPU_ON          0xc4000003
#define FN_PSCI_SYSTEM_OFF      0x84000008

#define FN_SDEI(n)              (0xc4000020 + (n))
#define FN_VERSION              FN_SDEI(0x00)
#define FN_EVENT_REGISTER       FN_SDEI(0x01)
#define FN_EVENT_ENABLE         FN_SDEI(0x02)
#define FN_EVENT_DISABLE        FN_SDEI(0x03)
#define FN_EVENT_CONTEXT        FN_SDEI(0x04)
#define FN_EVENT_COMPLETE       FN_SDEI(0x05)
#define FN_COMPLETE_AND_RESUME  FN_SDEI(0x06)
#define FN_EVENT_UNREGISTER     FN_SDEI(0x07)
#define FN_EVENT_STATUS         FN_SDEI(0x08)
#define FN_EVENT_GET_INFO       FN_SDEI(0x09)
#define FN_EVENT_ROUTING_SET    FN_SDEI(0x0a)
#define FN_PE_MASK              FN_SDEI(0x0b)
#define FN_PE_UNMASK            FN_SDEI(0x0c)
#define FN_INTERRUPT_BIND       FN_SDEI(0x0d)
#define FN_INTERRUPT_RELEASE    FN_SDEI(0x0e)
#define FN_EVENT_SIGNAL         FN_SDEI(0x0f)
#define FN_FEATURES             FN_SDEI(0x10)
#define FN_PRIVATE_RESET        FN_SDEI(0x11)
#define FN_SHARED_RESET         FN_SDEI(0x12)
#define FN_UNDEFINED            FN_SDEI(0x1f)

/* struct chain */
#define CHAIN_LEFT      0x00
#define CHAIN_COUNT     0x08
#define CHAIN_SELF      0x10
#define CHAIN_START     0x18
#define CHAIN_PSTATE    0x20            /* interrupted by the last one */
#define CHAIN_END       0x28
#define CHAIN_READY     0x30
#define CHAIN_DONE      0x38

#endif
