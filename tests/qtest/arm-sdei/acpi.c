/*
 * arm-sdei-test: ACPI tables, as firmware finds them and places them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "hw/nvram/fw_cfg.h"
#include "libqos/fw_cfg.h"
#include "acpi.h"

#define VIRT_FW_CFG     0x09020000
#define FW_CFG_DMA_HIGH (VIRT_FW_CFG + 16)
#define FW_CFG_DMA_LOW  (VIRT_FW_CFG + 20)

#define RSDP_XSDT       24
#define XSDT_ENTRIES    64

/* virt's fw_cfg: data at 0, and the big-endian selector at 8 */
static void virt_fw_cfg_select(QFWCFG *fw_cfg, uint16_t key)
{
    qtest_writew(fw_cfg->qts, fw_cfg->base + 8, bswap16(key));
}

static void virt_fw_cfg_read(QFWCFG *fw_cfg, void *data, size_t len)
{
    uint8_t *p = data;

    for (; len >= 8; len -= 8, p += 8) {
        stq_le_p(p, qtest_readq(fw_cfg->qts, fw_cfg->base));
    }
    for (; len; len--, p++) {
        *p = qtest_readb(fw_cfg->qts, fw_cfg->base);
    }
}

static void virt_fw_cfg_init(QFWCFG *fw_cfg, QTestState *qts)
{
    *fw_cfg = (QFWCFG) {
        .base = VIRT_FW_CFG,
        .qts = qts,
        .select = virt_fw_cfg_select,
        .read = virt_fw_cfg_read,
    };
}

void acpi_read(QTestState *qts, AcpiTables *acpi)
{
    QFWCFG fw_cfg;

    virt_fw_cfg_init(&fw_cfg, qts);
    g_assert_cmpuint(qfw_cfg_get_file(&fw_cfg, "etc/acpi/rsdp", acpi->rsdp,
                                      sizeof(acpi->rsdp)), ==,
                     sizeof(acpi->rsdp));
    /* The XSDT is the last; what follows is padding */
    acpi->size = ldq_le_p(&acpi->rsdp[RSDP_XSDT]) + ACPI_HEADER_SIZE +
                 8 * XSDT_ENTRIES;
    acpi->blob = g_malloc0(acpi->size);
    g_assert_cmpuint(qfw_cfg_get_file(&fw_cfg, "etc/acpi/tables", acpi->blob,
                                      acpi->size), >=, acpi->size);
}

uint32_t acpi_find_table(const AcpiTables *acpi, const char *signature)
{
    uint64_t xsdt = ldq_le_p(&acpi->rsdp[RSDP_XSDT]);
    uint32_t end;

    g_assert_cmpmem(&acpi->blob[xsdt], 4, "XSDT", 4);
    end = xsdt + ldl_le_p(&acpi->blob[xsdt + ACPI_HEADER_LENGTH]);
    g_assert_cmpuint(end, <=, acpi->size);
    for (uint32_t entry = xsdt + ACPI_HEADER_SIZE; entry < end; entry += 8) {
        uint64_t table = ldq_le_p(&acpi->blob[entry]);

        g_assert_cmpuint(table + ACPI_HEADER_SIZE, <=, acpi->size);
        if (!memcmp(&acpi->blob[table], signature, 4)) {
            return table;
        }
    }
    return 0;
}

/*
 * etc/table-loader: see hw/acpi/bios-linker-loader.c.  Entries have 128 bytes:
 * a command, names of files, and numbers.
 */
#define LOADER_ENTRY            128
#define LOADER_ALLOCATE         1
#define LOADER_ADD_POINTER      2
#define LOADER_WRITE_POINTER    4
#define LOADER_FILE             4
#define LOADER_ALIGN            60
#define LOADER_SRC_FILE         60
#define LOADER_OFFSET           116
#define LOADER_SIZE             120
#define LOADER_SRC_OFFSET       120
#define LOADER_FILES            8

typedef struct Placed {
    char name[FW_CFG_MAX_FILE_PATH];
    uint64_t address;
} Placed;

typedef struct Firmware {
    QFWCFG fw_cfg;
    uint64_t base;
    uint64_t next;
    Placed file[LOADER_FILES];
    unsigned num_files;
} Firmware;

/* FW_CFG_DMA_CTL_*, at the present position of the file that is selected */
static void firmware_dma(Firmware *fw, uint32_t control, uint64_t address,
                         uint32_t len)
{
    QTestState *qts = fw->fw_cfg.qts;
    FWCfgDmaAccess access = {
        .control = cpu_to_be32(control),
        .length = cpu_to_be32(len),
        .address = cpu_to_be64(address),
    };

    qtest_memwrite(qts, fw->base, &access, sizeof(access));
    qtest_writel(qts, FW_CFG_DMA_HIGH, bswap32(fw->base >> 32));
    qtest_writel(qts, FW_CFG_DMA_LOW, bswap32(fw->base));
    qtest_memread(qts, fw->base, &access, sizeof(access));
    g_assert_cmphex(access.control, ==, 0);
}

/* Copy a file to memory, if it is there */
static uint32_t firmware_load(Firmware *fw, const char *name, uint64_t align)
{
    /* Selects it as well */
    size_t size = qfw_cfg_get_file(&fw->fw_cfg, name, NULL, 0);
    Placed *placed = &fw->file[fw->num_files++];

    g_assert_cmpuint(fw->num_files, <, LOADER_FILES);
    g_assert_cmpuint(size, >, 0);
    pstrcpy(placed->name, sizeof(placed->name), name);
    placed->address = ROUND_UP(fw->next, align);
    fw->next = placed->address + size;
    firmware_dma(fw, FW_CFG_DMA_CTL_READ, placed->address, size);
    return size;
}

static uint64_t firmware_find(const Firmware *fw, const char *name)
{
    for (unsigned i = 0; i < fw->num_files; i++) {
        if (!strcmp(fw->file[i].name, name)) {
            return fw->file[i].address;
        }
    }
    g_error("the loader has not placed %s", name);
}

static void firmware_add_pointer(Firmware *fw, const uint8_t *entry)
{
    QTestState *qts = fw->fw_cfg.qts;
    uint64_t at = firmware_find(fw, (char *)&entry[LOADER_FILE]) +
                  ldl_le_p(&entry[LOADER_OFFSET]);
    uint64_t src = firmware_find(fw, (char *)&entry[LOADER_SRC_FILE]);
    uint8_t size = entry[LOADER_SIZE];
    uint64_t value = 0;

    qtest_memread(qts, at, &value, size);
    value = cpu_to_le64(le64_to_cpu(value) + src);
    qtest_memwrite(qts, at, &value, size);
}

static void firmware_write_pointer(Firmware *fw, const uint8_t *entry)
{
    uint64_t value = firmware_find(fw, (char *)&entry[LOADER_SRC_FILE]) +
                     ldl_le_p(&entry[LOADER_SRC_OFFSET]);
    uint64_t buffer = fw->base + sizeof(FWCfgDmaAccess);

    g_assert_cmpuint(ldl_le_p(&entry[LOADER_OFFSET]), ==, 0);
    qtest_writeq(fw->fw_cfg.qts, buffer, value);
    g_assert_cmpuint(qfw_cfg_get_file(&fw->fw_cfg,
                                      (char *)&entry[LOADER_FILE], NULL, 0),
                     ==, 8);
    firmware_dma(fw, FW_CFG_DMA_CTL_WRITE, buffer, 8);
}

/* The same as acpi_find_table(), where the tables have been placed */
static uint64_t firmware_find_table(const Firmware *fw, const char *signature)
{
    QTestState *qts = fw->fw_cfg.qts;
    uint64_t rsdp = firmware_find(fw, "etc/acpi/rsdp");
    uint64_t xsdt = qtest_readq(qts, rsdp + RSDP_XSDT);
    uint64_t end = xsdt + qtest_readl(qts, xsdt + ACPI_HEADER_LENGTH);

    for (uint64_t at = xsdt + ACPI_HEADER_SIZE; at < end; at += 8) {
        uint64_t table = qtest_readq(qts, at);
        char name[4];

        qtest_memread(qts, table, name, sizeof(name));
        if (!memcmp(name, signature, sizeof(name))) {
            return table;
        }
    }
    return 0;
}

uint64_t acpi_place(QTestState *qts, uint64_t base, const char *signature)
{
    Firmware fw = { .base = base, .next = base + 64 };
    uint32_t size;

    virt_fw_cfg_init(&fw.fw_cfg, qts);
    size = firmware_load(&fw, "etc/table-loader", 64);
    for (uint32_t i = 0; i < size; i += LOADER_ENTRY) {
        uint8_t entry[LOADER_ENTRY];

        qtest_memread(qts, fw.file[0].address + i, entry, sizeof(entry));
        switch (ldl_le_p(entry)) {
        case LOADER_ALLOCATE:
            firmware_load(&fw, (char *)&entry[LOADER_FILE],
                          ldl_le_p(&entry[LOADER_ALIGN]));
            break;
        case LOADER_ADD_POINTER:
            firmware_add_pointer(&fw, entry);
            break;
        case LOADER_WRITE_POINTER:
            firmware_write_pointer(&fw, entry);
            break;
        default:
            /* Nobody looks at the checksums */
            break;
        }
    }
    g_assert_cmpuint(fw.next, <=, base + MiB);
    return firmware_find_table(&fw, signature);
}
