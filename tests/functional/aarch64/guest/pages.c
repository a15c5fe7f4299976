// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pages N FIFO: have N pages of memory, print the physical address of each, and
 * read them all when somebody has written a line to FIFO. Who has lost one of
 * them dies of that.
 */

#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE        4096            /* of Debian's kernel */
#define PRESENT     (1ull << 63)
#define FRAME_MASK  ((1ull << 55) - 1)

static uint64_t physical_address(int pagemap, const void *page)
{
    uint64_t entry;
    off_t at = (uintptr_t)page / PAGE * sizeof(entry);

    if (pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry) ||
        !(entry & PRESENT)) {
        errx(1, "%p has no physical address", page);
    }
    return (entry & FRAME_MASK) * PAGE;
}

static void print_addresses(const uint8_t *memory, long n)
{
    int pagemap = open("/proc/self/pagemap", O_RDONLY);
    long i;

    if (pagemap < 0) {
        err(1, "/proc/self/pagemap");
    }
    for (i = 0; i < n; i++) {
        printf("0x%llx\n", (unsigned long long)
               physical_address(pagemap, memory + i * PAGE));
    }
    fflush(stdout);
    close(pagemap);
}

static void wait_for_line(const char *path)
{
    int fifo = open(path, O_RDONLY);
    char c;

    if (fifo < 0 || read(fifo, &c, 1) != 1) {
        err(1, "%s", path);
    }
    close(fifo);
}

int main(int argc, char **argv)
{
    long n = argc == 3 ? atol(argv[1]) : 0;
    /* volatile: nobody needs what is read, but it must be */
    volatile uint8_t *page;
    uint8_t *memory;

    if (n <= 0) {
        errx(2, "usage: pages N FIFO");
    }
    memory = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    /* Pages of their own, which stay where they are */
    if (memory == MAP_FAILED || madvise(memory, n * PAGE, MADV_NOHUGEPAGE)) {
        err(1, "no memory");
    }
    memset(memory, 0x5a, n * PAGE);
    if (mlock(memory, n * PAGE)) {
        err(1, "mlock");
    }
    print_addresses(memory, n);
    wait_for_line(argv[2]);
    for (page = memory; page < memory + n * PAGE; page += PAGE) {
        if (*page != 0x5a) {
            errx(1, "a page has changed");
        }
    }
    return 0;
}
