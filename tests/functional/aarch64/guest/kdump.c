/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdump load KERNEL INITRD COMMAND-LINE: what to start when this kernel panics
 * kdump cpus: in the kernel that was started then, where each CPU was
 *
 * kexec_file_load() does the work; kexec-tools and crash would drag half a
 * distribution into the guest.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kexec.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VMCORE      "/proc/vmcore"
#define NOTE_ALIGN  3u
/* pr_reg: X0-X30, SP, PC, PSTATE */
#define REG_PC      32

static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        err(1, "%s", path);
    }
    return fd;
}

static void load(const char *kernel, const char *initrd, const char *args)
{
    if (syscall(SYS_kexec_file_load, open_file(kernel), open_file(initrd),
                strlen(args) + 1, args, (unsigned long)KEXEC_FILE_ON_CRASH)) {
        err(1, "kexec_file_load");
    }
}

static void read_at(int fd, void *buf, size_t size, off_t offset)
{
    if (pread(fd, buf, size, offset) != (ssize_t)size) {
        err(1, VMCORE);
    }
}

static void print_cpu(const char *desc, size_t size)
{
    static int count;
    prstatus_t status;

    if (size < sizeof(status)) {
        errx(1, VMCORE ": short NT_PRSTATUS");
    }
    memcpy(&status, desc, sizeof(status));
    printf("note %d pc 0x%016" PRIx64 "\n", count++,
           (uint64_t)status.pr_reg[REG_PC]);
}

static void print_notes(const char *p, const char *end)
{
    Elf64_Nhdr note;

    while (end - p >= (ptrdiff_t)sizeof(note)) {
        memcpy(&note, p, sizeof(note));
        p += sizeof(note);
        /* The rest of a CPU's page */
        if (!note.n_namesz) {
            break;
        }
        p += (note.n_namesz + NOTE_ALIGN) & ~NOTE_ALIGN;
        if (p > end || note.n_descsz > end - p) {
            errx(1, VMCORE ": bad note");
        }
        if (note.n_type == NT_PRSTATUS) {
            print_cpu(p, note.n_descsz);
        }
        p += (note.n_descsz + NOTE_ALIGN) & ~NOTE_ALIGN;
    }
}

static void print_cpus(void)
{
    int fd = open_file(VMCORE);
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    char *notes;
    int i;

    read_at(fd, &header, sizeof(header), 0);
    for (i = 0; i < header.e_phnum; i++) {
        read_at(fd, &segment, sizeof(segment),
                header.e_phoff + i * sizeof(segment));
        if (segment.p_type != PT_NOTE) {
            continue;
        }
        notes = malloc(segment.p_filesz);
        if (!notes) {
            errx(1, "out of memory");
        }
        read_at(fd, notes, segment.p_filesz, segment.p_offset);
        print_notes(notes, notes + segment.p_filesz);
        free(notes);
    }
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "load") == 0) {
        load(argv[2], argv[3], argv[4]);
    } else if (argc == 2 && strcmp(argv[1], "cpus") == 0) {
        print_cpus();
    } else {
        errx(1, "usage: kdump load KERNEL INITRD COMMAND-LINE | kdump cpus");
    }
    return 0;
}
