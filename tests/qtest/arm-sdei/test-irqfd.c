/*
 * Scenarios of arm-sdei-test: SPIs that an irqfd raises in the host kernel
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSIs of a virtio disk whose host kernel turns them into SPIs without QEMU.
 * It takes a GICv2M, which virt has beside a GICv2 alone.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "qemu/bitops.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_pci.h"
#include "standard-headers/linux/virtio_ring.h"
#include "standard-headers/linux/virtio_blk.h"
#include "bound.h"

/* With highmem-ecam=off */
#define PCI_CONFIG      (0x3f000000 + (1 << 15))    /* device 1 */
#define PCI_MSIX_BAR    0x10000000
#define PCI_VIRTIO_BAR  0x10004000
#define VIRTIO_NOTIFY   (PCI_VIRTIO_BAR + 0x3000)
#define V2M_DOORBELL    0x08020040
#define MSI_INTID       80      /* the GICv2M's first */

#define HANDLER         1

/* Where nothing of the guest is */
#define RING            0x44000000
#define RING_AVAIL      (RING + 0x1000)
#define RING_USED       (RING + 0x2000)
#define REQUEST         (RING + 0x3000)
#define REQUEST_DATA    (REQUEST + 0x200)
#define REQUEST_STATUS  (REQUEST + 0x100)
#define RING_SIZE       8

static const GuestConfig config = {
    .cpus = 1,
    .machine = "gic-version=2,highmem-ecam=off",
    .args = "-object iothread,id=io "
            "-blockdev null-co,read-zeroes=on,node-name=disk "
            "-device virtio-blk-pci,addr=1,drive=disk,iothread=io,"
            "disable-legacy=on",
};

static uint8_t find_msix(Guest *g)
{
    uint8_t cap = qtest_readb(g->qts, PCI_CONFIG + PCI_CAPABILITY_LIST);

    while (cap && qtest_readb(g->qts, PCI_CONFIG + cap) != PCI_CAP_ID_MSIX) {
        cap = qtest_readb(g->qts, PCI_CONFIG + cap + PCI_CAP_LIST_NEXT);
    }
    g_assert_cmpuint(cap, !=, 0);
    return cap;
}

static void pci_start(Guest *g)
{
    QTestState *qts = g->qts;

    qtest_writel(qts, PCI_CONFIG + PCI_BASE_ADDRESS_1, PCI_MSIX_BAR);
    qtest_writel(qts, PCI_CONFIG + PCI_BASE_ADDRESS_4, PCI_VIRTIO_BAR);
    qtest_writel(qts, PCI_CONFIG + PCI_BASE_ADDRESS_5, 0);
    qtest_writew(qts, PCI_CONFIG + PCI_COMMAND,
                 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    qtest_writew(qts, PCI_CONFIG + find_msix(g) + PCI_MSIX_FLAGS,
                 PCI_MSIX_FLAGS_ENABLE);
    qtest_writel(qts, PCI_MSIX_BAR + PCI_MSIX_ENTRY_LOWER_ADDR, V2M_DOORBELL);
    qtest_writel(qts, PCI_MSIX_BAR + PCI_MSIX_ENTRY_UPPER_ADDR, 0);
    qtest_writel(qts, PCI_MSIX_BAR + PCI_MSIX_ENTRY_DATA, MSI_INTID);
    qtest_writel(qts, PCI_MSIX_BAR + PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
}

static void common_write(Guest *g, size_t offset, size_t size, uint32_t value)
{
    uint64_t address = PCI_VIRTIO_BAR + offset;

    switch (size) {
    case 1:
        qtest_writeb(g->qts, address, value);
        break;
    case 2:
        qtest_writew(g->qts, address, value);
        break;
    default:
        qtest_writel(g->qts, address, value);
    }
}

#define COMMON_WRITE(g, field, value)                                       \
    common_write(g, offsetof(struct virtio_pci_common_cfg, field),          \
                 sizeof_field(struct virtio_pci_common_cfg, field), value)

/* The disk has an irqfd from here on */
static void disk_start(Guest *g)
{
    const uint32_t ready = VIRTIO_CONFIG_S_ACKNOWLEDGE |
                           VIRTIO_CONFIG_S_DRIVER |
                           VIRTIO_CONFIG_S_FEATURES_OK;

    COMMON_WRITE(g, device_status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
    COMMON_WRITE(g, guest_feature_select, 1);
    COMMON_WRITE(g, guest_feature, 1u << (VIRTIO_F_VERSION_1 - 32));
    COMMON_WRITE(g, device_status, ready);
    COMMON_WRITE(g, queue_select, 0);
    COMMON_WRITE(g, queue_size, RING_SIZE);
    COMMON_WRITE(g, queue_msix_vector, 0);
    COMMON_WRITE(g, queue_desc_lo, RING);
    COMMON_WRITE(g, queue_avail_lo, RING_AVAIL);
    COMMON_WRITE(g, queue_used_lo, RING_USED);
    COMMON_WRITE(g, queue_enable, 1);
    COMMON_WRITE(g, device_status, ready | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* And none from here on */
static void disk_stop(Guest *g)
{
    COMMON_WRITE(g, device_status, 0);
}

static void describe(Guest *g, unsigned n, uint64_t address, uint32_t len,
                     uint16_t flags)
{
    uint64_t desc = RING + n * sizeof(struct vring_desc);

    qtest_writeq(g->qts, desc, address);
    qtest_writel(g->qts, desc + offsetof(struct vring_desc, len), len);
    qtest_writew(g->qts, desc + offsetof(struct vring_desc, flags), flags);
    qtest_writew(g->qts, desc + offsetof(struct vring_desc, next), n + 1);
}

/* Read a sector; done when the MSI is there */
static void disk_read(Guest *g)
{
    GuestWait wait = { };

    qtest_writel(g->qts, REQUEST, VIRTIO_BLK_T_IN);
    describe(g, 0, REQUEST, sizeof(struct virtio_blk_outhdr),
             VRING_DESC_F_NEXT);
    describe(g, 1, REQUEST_DATA, 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
    describe(g, 2, REQUEST_STATUS, 1, VRING_DESC_F_WRITE);
    qtest_writew(g->qts, RING_AVAIL + offsetof(struct vring_avail, idx), 1);
    qtest_writew(g->qts, VIRTIO_NOTIFY, 0);
    while (!gic_bit(g, 0, GIC_ISPENDR, MSI_INTID)) {
        if (!guest_wait_more(&wait)) {
            guest_fail(g, 0, "the disk's MSI does not come");
        }
    }
    g_assert_cmpuint(qtest_readw(g->qts, RING_USED +
                                 offsetof(struct vring_used, idx)), ==, 1);
}

static Guest *start(void)
{
    Guest *g = guest_start(&config);

    bound_init(g);
    pci_start(g);
    gic_set_edge(g, 0, MSI_INTID, true);
    return g;
}

/* The kernel raises it past QEMU; its neighbour has no irqfd */
static void test_bind_denied(void)
{
    Guest *g = start();
    uint32_t num;

    disk_start(g);
    guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_BIND, MSI_INTID);
    num = bind_intid(g, 0, MSI_INTID + 1);
    guest_expect(g, 0, 0, SDEI_INTERRUPT_RELEASE, num);
    disk_read(g);
    guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_BIND, MSI_INTID);

    disk_stop(g);
    gic_write_bit(g, 0, GIC_ICPENDR, MSI_INTID);
    num = bound_ready(g, 0, MSI_INTID, HANDLER);
    line_pulse(g, MSI_INTID, 0);
    bound_wait(g, 0, HANDLER, num);
    guest_complete(g, 0, 0);
    bound_idle(g, 0, HANDLER, 1);
}

/* One that comes between BIND and REGISTER */
static void test_register_denied(void)
{
    Guest *g = start();
    uint32_t num = bind_intid(g, 0, MSI_INTID);

    disk_start(g);
    guest_expect(g, 0, SDEI_DENIED, SDEI_EVENT_REGISTER, num,
                 GUEST_HANDLER(HANDLER), 0, 0, guest_affinity(g, 0));
    disk_read(g);
    disk_stop(g);
    gic_write_bit(g, 0, GIC_ICPENDR, MSI_INTID);
    bound_ready(g, 0, MSI_INTID, HANDLER);
    line_pulse(g, MSI_INTID, 0);
    bound_wait(g, 0, HANDLER, num);
    guest_complete(g, 0, 0);
    bound_idle(g, 0, HANDLER, 1);
}

/*
 * One that comes after REGISTER takes the line away: the guest has it as an
 * interrupt, no event, and can give the event up.
 */
static void test_after_register(void)
{
    Guest *g = start();
    uint32_t num = bound_ready(g, 0, MSI_INTID, HANDLER);

    disk_start(g);
    disk_read(g);
    bound_idle(g, 0, HANDLER, 0);
    guest_expect(g, 0, 0, SDEI_EVENT_UNREGISTER, num);
    guest_expect(g, 0, 0, SDEI_INTERRUPT_RELEASE, num);
    g_assert_true(gic_bit(g, 0, GIC_ISPENDR, MSI_INTID));
    guest_expect(g, 0, SDEI_DENIED, SDEI_INTERRUPT_BIND, MSI_INTID);
}

void add_irqfd_tests(void)
{
    if (!guest_has_kernel_gicv2()) {
        return;
    }
    qtest_add_func("/arm-sdei/lines-kvm/irqfd/bind-denied", test_bind_denied);
    qtest_add_func("/arm-sdei/lines-kvm/irqfd/register-denied",
                   test_register_denied);
    qtest_add_func("/arm-sdei/lines-kvm/irqfd/after-register",
                   test_after_register);
}
