/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kexec KERNEL INITRD OLD NEW: restart into KERNEL (an arm64 Image) at once
 * kexec -p KERNEL INITRD OLD NEW: do so when the running kernel panics; the new
 *     one has a dump of it as /proc/vmcore
 *
 * The new kernel gets the device tree of the running one, in which the text OLD
 * of the command line becomes NEW, of the same length: so that whoever looks
 * can tell the second kernel from the first.
 *
 * This is the smallest program that will do.  kexec-tools for a guest drags in
 * half a distribution, and kexec_file_load(), which would do the work in the
 * kernel, is not in Debian's arm64 kernels.
 */
#include <elf.h>
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB                 0x100000UL
#define KERNEL_ALIGN        (2 * MIB)
#define PAGE_ALIGN(n)       (((n) + 0xffffUL) & ~0xffffUL)

#define MAX_SEGMENTS        5
#define MAX_PHDRS           32

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

/* The value of property @name of /chosen, or NULL; its length goes to *@len */
static char *find_chosen(Blob fdt, const char *name, uint32_t *len)
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
    return NULL;
}

static char *chosen_prop(Blob fdt, const char *name, uint32_t *len)
{
    char *p = find_chosen(fdt, name, len);

    if (!p) {
        errx(1, "the device tree has no /chosen/%s", name);
    }
    return p;
}

static void put_be32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof(v));
}

/* Make room for @len bytes at @at, which come from @data and are padded by 0 */
static void insert(Blob *fdt, size_t at, const void *data, size_t len,
                   size_t room)
{
    /* off_dt_struct, off_dt_strings, off_mem_rsvmap */
    static const int offsets[] = { 8, 12, 16 };
    char *new = calloc(1, fdt->size + room);

    if (!new) {
        errx(1, "out of memory");
    }
    memcpy(new, fdt->data, at);
    memcpy(new + at, data, len);
    memcpy(new + at + room, fdt->data + at, fdt->size - at);
    for (int i = 0; i < 3; i++) {
        uint32_t offset = be32_at(new + offsets[i]);

        put_be32(new + offsets[i], offset < at ? offset : offset + room);
    }
    fdt->data = new;
    fdt->size += room;
    put_be32(fdt->data + 4, fdt->size);
}

/*
 * Give /chosen a property of @num 64-bit numbers, all 0, if it has it not yet:
 * from EFI the running kernel may have had an initrd in another way
 */
static void ensure_chosen(Blob *fdt, const char *name, int num)
{
    uint32_t strings = be32_at(fdt->data + 12);
    uint32_t strings_size = be32_at(fdt->data + 32);
    size_t name_room = (strlen(name) + 1 + 7) & ~7UL;
    size_t room = 12 + 8 * num;
    char prop[12];
    uint32_t len;

    if (find_chosen(*fdt, name, &len)) {
        return;
    }
    insert(fdt, strings + strings_size, name, strlen(name), name_room);
    put_be32(fdt->data + 32, strings_size + name_room);

    put_be32(prop, FDT_PROP);
    put_be32(prop + 4, 8 * num);
    put_be32(prop + 8, strings_size);
    /* In front of another one, whose value is past its three words */
    insert(fdt, chosen_prop(*fdt, "bootargs", &len) - 12 - fdt->data, prop,
           sizeof(prop), room);
    put_be32(fdt->data + 36, be32_at(fdt->data + 36) + room);
}

static void set_chosen_range(Blob fdt, const char *name, uint64_t start,
                             uint64_t size)
{
    uint32_t len;
    char *p = chosen_prop(fdt, name, &len);

    start = htobe64(start);
    size = htobe64(size);
    memcpy(p, &start, sizeof(start));
    memcpy(p + 8, &size, sizeof(size));
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

/* The first range of /proc/iomem of that name at or above @from */
static bool iomem_range(const char *name, uint64_t from, uint64_t *start,
                        uint64_t *size)
{
    FILE *f = fopen("/proc/iomem", "r");
    uint64_t end;
    char line[256], what[128];
    bool found = false;

    if (!f) {
        err(1, "/proc/iomem");
    }
    while (!found && fgets(line, sizeof(line), f)) {
        found = sscanf(line, "%" SCNx64 "-%" SCNx64 " : %127[^\n]", start, &end,
                       what) == 3 && strcmp(what, name) == 0 && *start >= from;
    }
    fclose(f);
    *size = end + 1 - *start;
    return found;
}

static bool read_numbers(const char *path, const char *format, uint64_t *a,
                         uint64_t *b)
{
    FILE *f = fopen(path, "r");

    if (!f) {
        return false;
    }
    fscanf(f, format, a, b);
    fclose(f);
    return true;
}

typedef struct Core {
    Elf64_Ehdr header;
    Elf64_Phdr phdr[MAX_PHDRS];
} Core;

static void add_phdr(Core *core, uint32_t type, uint64_t addr, uint64_t size)
{
    if (core->header.e_phnum == MAX_PHDRS) {
        errx(1, "too many CPUs or ranges of memory");
    }
    core->phdr[core->header.e_phnum++] = (Elf64_Phdr) {
        .p_type = type, .p_flags = PF_R | PF_W | PF_X,
        .p_offset = addr, .p_paddr = addr,
        .p_filesz = size, .p_memsz = size,
    };
}

/* What the dump has: the CPUs' notes, the kernel's, and memory */
static Blob make_core(uint64_t crash, uint64_t crash_size)
{
    static Core core;
    uint64_t addr, size;
    char path[96];

    core.header = (Elf64_Ehdr) {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                     ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_CORE, .e_machine = EM_AARCH64, .e_version = EV_CURRENT,
        .e_phoff = offsetof(Core, phdr), .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
    };
    for (int cpu = 0;; cpu++) {
        snprintf(path, sizeof(path),
                 "/sys/devices/system/cpu/cpu%d/crash_notes", cpu);
        if (!read_numbers(path, "%" SCNx64, &addr, NULL)) {
            break;
        }
        strcat(path, "_size");
        if (!read_numbers(path, "%" SCNu64, &size, NULL)) {
            err(1, "%s", path);
        }
        add_phdr(&core, PT_NOTE, addr, size);
    }
    if (read_numbers("/sys/kernel/vmcoreinfo", "%" SCNx64 " %" SCNx64, &addr,
                     &size)) {
        add_phdr(&core, PT_NOTE, addr, size);
    }
    for (uint64_t from = 0; iomem_range("System RAM", from, &addr, &size);
         from = addr + size) {
        if (addr <= crash && crash < addr + size) {
            if (crash > addr) {
                add_phdr(&core, PT_LOAD, addr, crash - addr);
            }
            if (addr + size > crash + crash_size) {
                add_phdr(&core, PT_LOAD, crash + crash_size,
                         addr + size - crash - crash_size);
            }
        } else {
            add_phdr(&core, PT_LOAD, addr, size);
        }
    }
    return (Blob) { (char *)&core, sizeof(core) };
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
    Blob kernel, initrd, fdt, core = {};
    uint64_t kernel_size, kernel_at, initrd_at, fdt_at, code_at, core_at;
    uint64_t crash = 0, crash_size = 0, size;
    struct kexec_segment segments[MAX_SEGMENTS];
    bool on_crash = argc > 1 && strcmp(argv[1], "-p") == 0;

    argc -= on_crash;
    argv += on_crash;
    if (argc != 5) {
        errx(1, "usage: kexec [-p] KERNEL INITRD OLD NEW");
    }
    kernel = read_file(argv[1]);
    initrd = read_file(argv[2]);
    fdt = read_file("/sys/firmware/fdt");
    if (kernel.size < 64 || memcmp(kernel.data + 56, "ARM\x64", 4) != 0) {
        errx(1, "%s is not an arm64 Image", argv[1]);
    }
    edit_command_line(fdt, argv[3], argv[4]);
    if (on_crash) {
        if (!iomem_range("Crash kernel", 0, &crash, &crash_size)) {
            errx(1, "no memory is set aside by crashkernel=");
        }
        core = make_core(crash, crash_size);
        ensure_chosen(&fdt, "linux,usable-memory-range", 2);
        ensure_chosen(&fdt, "linux,elfcorehdr", 2);
    }
    ensure_chosen(&fdt, "linux,initrd-start", 1);
    ensure_chosen(&fdt, "linux,initrd-end", 1);
    /* Documentation/arch/arm64/booting.rst: text_offset, image_size */
    kernel_size = le64_at(kernel.data + 16) + le64_at(kernel.data + 8);

    size = PAGE_ALIGN(kernel_size) + PAGE_ALIGN(initrd.size) +
           PAGE_ALIGN(fdt.size) + PAGE_ALIGN(code.size) +
           PAGE_ALIGN(core.size);
    if (on_crash && size > crash_size) {
        errx(1, "crashkernel= sets aside too little memory");
    }
    kernel_at = on_crash ? crash : find_ram(size);
    initrd_at = kernel_at + PAGE_ALIGN(kernel_size);
    fdt_at = initrd_at + PAGE_ALIGN(initrd.size);
    code_at = fdt_at + PAGE_ALIGN(fdt.size);
    core_at = code_at + PAGE_ALIGN(code.size);
    kernel_at += le64_at(kernel.data + 8);

    set_chosen_address(fdt, "linux,initrd-start", initrd_at);
    set_chosen_address(fdt, "linux,initrd-end", initrd_at + initrd.size);
    if (on_crash) {
        set_chosen_range(fdt, "linux,usable-memory-range", crash, crash_size);
        set_chosen_range(fdt, "linux,elfcorehdr", core_at, core.size);
    }
    trampoline.fdt = fdt_at;
    trampoline.kernel = kernel_at;

    segments[0] = segment(kernel, kernel_at, le64_at(kernel.data + 16));
    segments[1] = segment(initrd, initrd_at, initrd.size);
    segments[2] = segment(fdt, fdt_at, fdt.size);
    segments[3] = segment(code, code_at, code.size);
    segments[4] = segment(core, core_at, core.size);
    if (syscall(SYS_kexec_load, code_at, 4 + on_crash, segments,
                KEXEC_ARCH_AARCH64 | (on_crash ? KEXEC_ON_CRASH : 0))) {
        err(1, "kexec_load");
    }
    if (on_crash) {
        return 0;
    }
    sync();
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
            LINUX_REBOOT_CMD_KEXEC, NULL);
    err(1, "reboot");
}
