/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kexec KERNEL INITRD OLD NEW: restart into KERNEL (an arm64 Image) at once
 *
 * The new kernel gets the device tree of the running one, in which the text OLD
 * of the command line becomes NEW, of the same length: so that whoever looks
 * can tell the second kernel from the first.
 *
 * This is the smallest program that will do.  kexec-tools for a guest drags in
 * half a distribution, and kexec_file_load(), which would do the work in the
 * kernel, is not in Debian's arm64 kernels.
 */
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB                 0x100000UL
#define KERNEL_ALIGN        (2 * MIB)
#define PAGE_ALIGN(n)       (((n) + 0xffffUL) & ~0xffffUL)

#define FDT_BEGIN_NODE      1
#define FDT_END_NODE        2
#define FDT_PROP            3
#define FDT_NOP             4

typedef struct Blob {
    char *data;
    size_t size;
} Blob;

static Blob read_file(const char *path)
{
    Blob b = {};
    size_t room = 0;
    ssize_t n;
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        err(1, "%s", path);
    }
    do {
        if (b.size == room) {
            room += 8 * MIB;
            b.data = realloc(b.data, room);
            if (!b.data) {
                errx(1, "%s: out of memory", path);
            }
        }
        n = read(fd, b.data + b.size, room - b.size);
        if (n < 0) {
            err(1, "%s", path);
        }
        b.size += n;
    } while (n > 0);
    close(fd);
    return b;
}

static uint32_t be32_at(const char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return be32toh(v);
}

static uint64_t le64_at(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return le64toh(v);
}

/* The value of property @name of /chosen; its length goes to *@len. */
static char *chosen_prop(Blob fdt, const char *name, uint32_t *len)
{
    char *p = fdt.data + be32_at(fdt.data + 8);
    const char *strings = fdt.data + be32_at(fdt.data + 12);
    bool in_chosen = false;
    int depth = 0;

    while (p < fdt.data + fdt.size) {
        uint32_t token = be32_at(p);

        p += 4;
        switch (token) {
        case FDT_BEGIN_NODE:
            depth++;
            in_chosen = depth == 2 && strcmp(p, "chosen") == 0;
            p += (strlen(p) + 1 + 3) & ~3UL;
            break;
        case FDT_END_NODE:
            depth--;
            in_chosen = false;
            break;
        case FDT_PROP:
            *len = be32_at(p);
            if (in_chosen && strcmp(strings + be32_at(p + 4), name) == 0) {
                return p + 8;
            }
            p += 8 + ((*len + 3) & ~3UL);
            break;
        case FDT_NOP:
            break;
        default:
            p = fdt.data + fdt.size;
            break;
        }
    }
    errx(1, "the device tree has no /chosen/%s", name);
}

static void set_chosen_address(Blob fdt, const char *name, uint64_t value)
{
    uint32_t len;
    char *p = chosen_prop(fdt, name, &len);

    if (len == 4) {
        uint32_t v = htobe32(value);
        memcpy(p, &v, sizeof(v));
    } else {
        uint64_t v = htobe64(value);
        memcpy(p, &v, sizeof(v));
    }
}

static void edit_command_line(Blob fdt, const char *old, const char *new)
{
    uint32_t len;
    char *args = chosen_prop(fdt, "bootargs", &len);
    char *at = strstr(args, old);

    if (!at || strlen(old) != strlen(new)) {
        errx(1, "cannot replace \"%s\" by \"%s\" in \"%s\"", old, new, args);
    }
    memcpy(at, new, strlen(new));
}

/* Where @size bytes of RAM are that the firmware or the GIC do not keep. */
static uint64_t find_ram(uint64_t size)
{
    FILE *f = fopen("/proc/iomem", "r");
    uint64_t start, end, ram_end = 0, at = 0;
    char line[256], what[128];

    if (!f) {
        err(1, "/proc/iomem");
    }
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : %127[^\n]",
                   &start, &end, what) != 3) {
            continue;
        }
        if (line[0] != ' ') {
            if (ram_end && at + size <= ram_end) {
                break;
            }
            ram_end = strcmp(what, "System RAM") == 0 ? end + 1 : 0;
            at = (start + KERNEL_ALIGN - 1) & ~(KERNEL_ALIGN - 1);
        } else if (ram_end && strcmp(what, "reserved") == 0) {
            if (at + size <= start) {
                break;
            }
            at = (end + KERNEL_ALIGN) & ~(KERNEL_ALIGN - 1);
        }
    }
    fclose(f);
    if (!ram_end || at + size > ram_end) {
        errx(1, "no room for %" PRIu64 " MiB", size / MIB);
    }
    return at;
}

static struct kexec_segment segment(Blob b, uint64_t at, size_t memsz)
{
    return (struct kexec_segment) {
        .buf = b.data, .bufsz = b.size,
        .mem = (void *)at, .memsz = PAGE_ALIGN(memsz),
    };
}

int main(int argc, char **argv)
{
    /* What runs between the kernels: the new one wants its tree in X0. */
    struct {
        uint32_t insn[8];
        uint64_t fdt, kernel;
    } trampoline = {
        .insn = {
            0x58000100, /* ldr x0, fdt */
            0xaa1f03e1, /* mov x1, xzr */
            0xaa1f03e2, /* mov x2, xzr */
            0xaa1f03e3, /* mov x3, xzr */
            0x580000c4, /* ldr x4, kernel */
            0xd61f0080, /* br x4 */
        },
    };
    Blob code = { (char *)&trampoline, sizeof(trampoline) };
    Blob kernel, initrd, fdt;
    uint64_t kernel_size, kernel_at, initrd_at, fdt_at, code_at;
    struct kexec_segment segments[4];

    if (argc != 5) {
        errx(1, "usage: kexec KERNEL INITRD OLD NEW");
    }
    kernel = read_file(argv[1]);
    initrd = read_file(argv[2]);
    fdt = read_file("/sys/firmware/fdt");
    if (kernel.size < 64 || memcmp(kernel.data + 56, "ARM\x64", 4) != 0) {
        errx(1, "%s is not an arm64 Image", argv[1]);
    }
    /* Documentation/arch/arm64/booting.rst: text_offset, image_size */
    kernel_size = le64_at(kernel.data + 16) + le64_at(kernel.data + 8);

    kernel_at = find_ram(PAGE_ALIGN(kernel_size) + PAGE_ALIGN(initrd.size) +
                         PAGE_ALIGN(fdt.size) + PAGE_ALIGN(code.size));
    initrd_at = kernel_at + PAGE_ALIGN(kernel_size);
    fdt_at = initrd_at + PAGE_ALIGN(initrd.size);
    code_at = fdt_at + PAGE_ALIGN(fdt.size);
    kernel_at += le64_at(kernel.data + 8);

    edit_command_line(fdt, argv[3], argv[4]);
    set_chosen_address(fdt, "linux,initrd-start", initrd_at);
    set_chosen_address(fdt, "linux,initrd-end", initrd_at + initrd.size);
    trampoline.fdt = fdt_at;
    trampoline.kernel = kernel_at;

    segments[0] = segment(kernel, kernel_at, le64_at(kernel.data + 16));
    segments[1] = segment(initrd, initrd_at, initrd.size);
    segments[2] = segment(fdt, fdt_at, fdt.size);
    segments[3] = segment(code, code_at, code.size);
    if (syscall(SYS_kexec_load, code_at, 4, segments, KEXEC_ARCH_AARCH64)) {
        err(1, "kexec_load");
    }
    sync();
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
            LINUX_REBOOT_CMD_KEXEC, NULL);
    err(1, "reboot");
}
