/*
 * arm-sdei-test: under a debugger, recorded and replayed
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "qemu/bswap.h"
#include "scenario.h"
#include "user-event.h"

/* ---- A client of the gdbstub: as much of its protocol as is needed ---- */

#define PE              1
#define GDB_THREAD      2       /* that is PE 1 */
#define GDB_REG_PC      32
#define GDB_INTERRUPT   "\x03"
#define GDB_TIMEOUT_S   120

static int gdb_connect(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    struct timeval limit = { .tv_sec = GDB_TIMEOUT_S };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpuint(strlen(path), <, sizeof(addr.sun_path));
    strcpy(addr.sun_path, path);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), ==,
                    0);
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
                               sizeof(limit)), ==, 0);
    return fd;
}

static void gdb_write(int fd, const char *data, size_t size)
{
    g_assert_cmpint(write(fd, data, size), ==, size);
}

static char gdb_getc(int fd)
{
    char c;

    g_assert_cmpint(read(fd, &c, 1), ==, 1);
    return c;
}

static void gdb_send(int fd, const char *packet)
{
    g_autofree char *framed = NULL;
    uint8_t sum = 0;

    for (const char *p = packet; *p; p++) {
        sum += *p;
    }
    framed = g_strdup_printf("$%s#%02x", packet, sum);
    gdb_write(fd, framed, strlen(framed));
}

/* Acknowledgements of what we sent are passed over */
static char *gdb_receive(int fd)
{
    GString *packet = g_string_new(NULL);
    char c;

    while (gdb_getc(fd) != '$') {
        continue;
    }
    while ((c = gdb_getc(fd)) != '#') {
        g_string_append_c(packet, c);
    }
    gdb_getc(fd);
    gdb_getc(fd);
    gdb_write(fd, "+", 1);
    return g_string_free(packet, false);
}

static void gdb_expect(int fd, const char *packet, const char *answer)
{
    g_autofree char *got = NULL;

    gdb_send(fd, packet);
    got = gdb_receive(fd);
    g_assert_cmpstr(got, ==, answer);
}

static uint64_t gdb_read_reg(int fd, unsigned reg)
{
    g_autofree char *packet = g_strdup_printf("p%x", reg);
    g_autofree char *answer = NULL;

    gdb_send(fd, packet);
    answer = gdb_receive(fd);
    g_assert_cmpuint(strlen(answer), ==, 16);
    return bswap64(g_ascii_strtoull(answer, NULL, 16));
}

/* Wait until the machine stops because of PE 1 */
static void gdb_wait_stop(int fd)
{
    g_autofree char *answer = gdb_receive(fd);
    const char *at = strstr(answer, "thread:");

    g_test_message("%s", answer);
    g_assert_cmpint(answer[0], ==, 'T');
    g_assert_nonnull(at);
    g_assert_cmpuint(g_ascii_strtoull(at + strlen("thread:"), NULL, 16), ==,
                     GDB_THREAD);
    gdb_expect(fd, "Hg2", "OK");
}

static void gdb_breakpoint(int fd, bool insert, uint64_t addr)
{
    g_autofree char *packet = g_strdup_printf("%c0,%" PRIx64 ",4",
                                              insert ? 'Z' : 'z', addr);

    gdb_expect(fd, packet, "OK");
}

static void gdb_continue(int fd)
{
    gdb_send(fd, "vCont;c");
}

/* Step PE 1; the others stand still */
static void gdb_step(int fd)
{
    gdb_send(fd, "vCont;s:2");
    gdb_wait_stop(fd);
}

/* Whose registers are read; under KVM 'g' fetches them, which 'p' does not */
static void gdb_select(int fd)
{
    g_autofree char *registers = NULL;

    gdb_expect(fd, "Hg2", "OK");
    gdb_send(fd, "g");
    registers = gdb_receive(fd);
}

static void gdb_interrupt(int fd)
{
    g_autofree char *answer = NULL;

    gdb_write(fd, GDB_INTERRUPT, 1);
    answer = gdb_receive(fd);
    g_assert(g_str_has_prefix(answer, "T02"));
    gdb_select(fd);
}

typedef struct GdbGuest {
    Guest *g;
    char *dir;
    char *path;
    char *args;
    GuestConfig config;
    int fd;
} GdbGuest;

static void gdb_start(GdbGuest *t)
{
    g_autoptr(GError) err = NULL;

    t->dir = g_dir_make_tmp("arm-sdei-gdb-XXXXXX", &err);
    g_assert_no_error(err);
    t->path = g_strdup_printf("%s/gdb", t->dir);
    t->args = g_strdup_printf(USER_EVENTS_ARGS
                              " -gdb unix:path=%s,server=on,wait=off",
                              t->path);
    t->config = (GuestConfig) { .cpus = 2, .args = t->args };
    t->g = guest_start(&t->config);
}

/* The machine stops when a debugger comes */
static void gdb_attach(GdbGuest *t)
{
    t->fd = gdb_connect(t->path);
    gdb_select(t->fd);
}

/* The machine runs, and goes on running */
static void gdb_end(GdbGuest *t)
{
    gdb_interrupt(t->fd);
    gdb_expect(t->fd, "D", "OK");
    close(t->fd);
    guest_nop(t->g, 0);
    guest_nop(t->g, PE);
    guest_finish();
    g_unlink(t->path);
    g_rmdir(t->dir);
    g_free(t->path);
    g_free(t->dir);
    g_free(t->args);
}

/* The handler's first instructions, seen from a debugger */
static void test_gdb_breakpoint(void)
{
    uint64_t seq, spin, x[31];
    GdbGuest t;
    Guest *g;

    gdb_start(&t);
    g = t.g;
    event_ready(g, PE, 2, 0x1234567890);
    guest_pattern(x, 0x42);
    spin = guest_spin_start(g, PE, x, guest_pstate(g, PSTATE_DAIF));
    gdb_attach(&t);
    gdb_breakpoint(t.fd, true, GUEST_HANDLER(2));
    gdb_continue(t.fd);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t pc;

        seq = guest_call_start(g, 0, SDEI_EVENT_SIGNAL, EVENT_SW_SIGNALED,
                               guest_affinity(g, PE));
        gdb_wait_stop(t.fd);
        guest_check_eq(g, PE, gdb_read_reg(t.fd, GDB_REG_PC),
                       GUEST_HANDLER(2), "PC");
        guest_check_eq(g, PE, gdb_read_reg(t.fd, 0), EVENT_SW_SIGNALED, "X0");
        guest_check_eq(g, PE, gdb_read_reg(t.fd, 1), 0x1234567890, "X1");
        pc = gdb_read_reg(t.fd, 2);
        if (pc - guest_spin_pc(PE, spin) > 4) {
            guest_fail(g, PE, "X2 is 0x%" PRIx64, pc);
        }
        guest_check_eq(g, PE, gdb_read_reg(t.fd, 3),
                       guest_pstate(g, PSTATE_DAIF), "X3");
        for (unsigned r = 4; r < 30; r++) {
            guest_check_eq(g, PE, gdb_read_reg(t.fd, r), x[r], "X%u", r);
        }

        gdb_breakpoint(t.fd, false, GUEST_HANDLER(2));
        for (unsigned step = 1; step < 4; step++) {
            gdb_step(t.fd);
            guest_check_eq(g, PE, gdb_read_reg(t.fd, GDB_REG_PC),
                           GUEST_HANDLER(2) + step * 4, "PC after a step");
        }
        gdb_breakpoint(t.fd, true, GUEST_HANDLER(2));
        gdb_continue(t.fd);
        guest_wait(g, 0, seq, NULL);
        guest_wait_handler(g, PE, 2, NULL);
        guest_complete(g, PE, 0);
    }
    gdb_interrupt(t.fd);
    gdb_breakpoint(t.fd, false, GUEST_HANDLER(2));
    gdb_continue(t.fd);
    guest_spin_stop(g, PE, spin, NULL);
    gdb_end(&t);
}

/* Returns: PC, in the loop */
static uint64_t step_into_spin(GdbGuest *t, uint64_t spin)
{
    uint64_t pc = gdb_read_reg(t->fd, GDB_REG_PC);

    for (unsigned i = 0; pc - guest_spin_pc(PE, spin) > 4; i++) {
        if (i > 1000) {
            guest_fail(t->g, PE, "still in the handler, PC 0x%" PRIx64, pc);
        }
        gdb_step(t->fd);
        pc = gdb_read_reg(t->fd, GDB_REG_PC);
    }
    return pc;
}

/* Step from the last instruction of a handler to what it interrupted */
static void test_gdb_step_out(void)
{
    uint64_t spin, pc, before, x[31];
    GdbGuest t;
    Guest *g;

    if (guest_is_kvm()) {
        g_test_skip("Each step clears the monitor: no LDXR and STXR succeed");
        return;
    }
    gdb_start(&t);
    g = t.g;
    user_event_enable(g, PE, EVENT_PN1, 2, 0);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    guest_set_mode(g, PE, ID_HANDLER(2), MODE_AUTO);
    guest_pattern(x, 0x42);
    spin = guest_spin_start(g, PE, x, guest_pstate(g, PSTATE_DAIF));
    gdb_attach(&t);
    gdb_breakpoint(t.fd, true, GUEST_HANDLER(2));
    user_event_trigger(g, EVENT_PN1, PE);
    gdb_continue(t.fd);
    gdb_wait_stop(t.fd);
    before = gdb_read_reg(t.fd, 2);
    gdb_breakpoint(t.fd, false, GUEST_HANDLER(2));
    pc = step_into_spin(&t, spin);
    guest_check_eq(g, PE, pc, before, "PC after COMPLETE");
    for (unsigned r = 0; r < 30; r++) {
        guest_check_eq(g, PE, gdb_read_reg(t.fd, r), x[r], "X%u", r);
    }
    gdb_continue(t.fd);
    guest_spin_stop(g, PE, spin, NULL);
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(2)), 1, "entries");
    gdb_end(&t);
}

/* Triggered while the debugger has stopped the machine */
static void test_gdb_stopped(void)
{
    GdbGuest t;
    Guest *g;

    gdb_start(&t);
    g = t.g;
    user_event_enable(g, PE, EVENT_PN1, 2, 0);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    guest_set_mode(g, PE, ID_HANDLER(2), MODE_AUTO);
    gdb_attach(&t);
    for (unsigned i = 1; i <= 3; i++) {
        uint64_t pc = gdb_read_reg(t.fd, GDB_REG_PC);

        user_event_trigger(g, EVENT_PN1, PE);
        user_event_trigger(g, EVENT_PN1, PE);
        guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(2)), i - 1,
                       "entries while stopped");
        guest_check_eq(g, PE, gdb_read_reg(t.fd, GDB_REG_PC), pc,
                       "PC while stopped");
        gdb_continue(t.fd);
        guest_wait_count(g, PE, ID_HANDLER(2), i);
        guest_nop(g, PE);
        guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(2)), i, "entries");
        gdb_interrupt(t.fd);
    }
    gdb_continue(t.fd);
    gdb_end(&t);
}

static void check_in_spin(Guest *g, int fd, uint64_t spin)
{
    uint64_t pc = gdb_read_reg(fd, GDB_REG_PC);

    if (pc - guest_spin_pc(PE, spin) > 4) {
        guest_fail(g, PE, "PC 0x%" PRIx64 " is not in the loop", pc);
    }
}

/* The PE takes an event that comes while the debugger steps with interrupts */
static void check_step_into_handler(GdbGuest *t, uint64_t spin)
{
    user_event_trigger(t->g, EVENT_PN1, PE);
    gdb_step(t->fd);
    for (unsigned i = 0; gdb_read_reg(t->fd, GDB_REG_PC) - GUEST_HANDLER(2) > 4;
         i++) {
        check_in_spin(t->g, t->fd, spin);
        if (i > 1000) {
            guest_fail(t->g, PE, "does not step into the handler");
        }
        gdb_step(t->fd);
    }
    gdb_continue(t->fd);
}

/*
 * Events wait while the debugger steps, as interrupts do; who has it step with
 * interrupts gets into the handler, and under KVM one cannot step without
 */
static void test_gdb_step(void)
{
    unsigned entries = 1;
    uint64_t spin, x[31];
    GdbGuest t;
    Guest *g;

    gdb_start(&t);
    g = t.g;
    user_event_enable(g, PE, EVENT_PN1, 2, 0);
    guest_expect(g, PE, 0, SDEI_PE_UNMASK);
    guest_set_mode(g, PE, ID_HANDLER(2), MODE_AUTO);
    guest_pattern(x, 0x42);
    spin = guest_spin_start(g, PE, x, guest_pstate(g, PSTATE_DAIF));
    gdb_attach(&t);
    gdb_step(t.fd);
    check_in_spin(g, t.fd, spin);
    if (!guest_is_kvm()) {
        user_event_trigger(g, EVENT_PN1, PE);
        for (unsigned i = 0; i < 5; i++) {
            gdb_step(t.fd);
            check_in_spin(g, t.fd, spin);
        }
        guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(2)), 0,
                       "entries while stepping");
        gdb_continue(t.fd);
        guest_wait_count(g, PE, ID_HANDLER(2), entries++);
        gdb_interrupt(t.fd);
        step_into_spin(&t, spin);
        gdb_expect(t.fd, "Qqemu.sstep=0x1", "OK");
    }
    check_step_into_handler(&t, spin);
    guest_spin_stop(g, PE, spin, NULL);
    guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(2)), entries,
                   "entries");
    gdb_end(&t);
}

/* PE 1 stands still while PE 0 runs: what comes for it waits */
static void test_gdb_held(void)
{
    uint64_t spin, pc, x[31];
    GdbGuest t;
    Guest *g;

    gdb_start(&t);
    g = t.g;
    event_ready(g, PE, 2, 0);
    guest_set_mode(g, PE, ID_HANDLER(2), MODE_AUTO);
    guest_pattern(x, 0x42);
    spin = guest_spin_start(g, PE, x, guest_pstate(g, PSTATE_DAIF));
    gdb_attach(&t);
    check_in_spin(g, t.fd, spin);
    pc = gdb_read_reg(t.fd, GDB_REG_PC);
    for (unsigned i = 1; i <= 3; i++) {
        gdb_send(t.fd, "vCont;c:1");
        event_signal(g, 0, PE);
        for (unsigned n = 0; n < 100; n++) {
            guest_nop(g, 0);
        }
        guest_check_eq(g, PE, guest_count(g, PE, ID_HANDLER(2)), 0,
                       "entries while it is held");
        gdb_interrupt(t.fd);
        guest_check_eq(g, PE, gdb_read_reg(t.fd, GDB_REG_PC), pc,
                       "PC while it is held");
    }
    gdb_continue(t.fd);
    guest_wait_count(g, PE, ID_HANDLER(2), 1);
    guest_spin_stop(g, PE, spin, NULL);
    gdb_end(&t);
}

/* Who stops at a breakpoint is there, and not in a handler */
static void test_gdb_breakpoint_in_loop(void)
{
    unsigned rounds = guest_is_kvm() ? 20 : 200;
    uint64_t spin, x[31];
    GdbGuest t;
    Guest *g;

    gdb_start(&t);
    g = t.g;
    event_ready(g, PE, 2, 0);
    guest_set_mode(g, PE, ID_HANDLER(2), MODE_AUTO);
    guest_pattern(x, 0x42);
    spin = guest_spin_start(g, PE, x, guest_pstate(g, PSTATE_DAIF));
    gdb_attach(&t);
    for (unsigned i = 1; i <= rounds; i++) {
        uint64_t seq;

        gdb_breakpoint(t.fd, true, guest_spin_pc(PE, spin));
        gdb_continue(t.fd);
        seq = guest_call_start(g, 0, SDEI_EVENT_SIGNAL, EVENT_SW_SIGNALED,
                               guest_affinity(g, PE));
        gdb_wait_stop(t.fd);
        guest_check_eq(g, PE, gdb_read_reg(t.fd, GDB_REG_PC),
                       guest_spin_pc(PE, spin), "PC at the breakpoint");
        gdb_breakpoint(t.fd, false, guest_spin_pc(PE, spin));
        gdb_continue(t.fd);
        guest_wait(g, 0, seq, NULL);
        guest_wait_count(g, PE, ID_HANDLER(2), i);
        gdb_interrupt(t.fd);
    }
    gdb_continue(t.fd);
    guest_spin_stop(g, PE, spin, NULL);
    gdb_end(&t);
}

/* ---- Record and replay ---- */

#define RECORDED_EVENTS     50
#define RECORDED_DIGITS     8

/*
 * A guest that needs nobody: it signals event 0 to itself so often.  It and its
 * handler print how many instructions have been executed, and at the end, from
 * the real-time clock, what a second run could not know.
 */
static const uint32_t recorded_guest[] = {
    0x58000693, /* ldr x19, d0 */
    0x580006b4, /* ldr x20, d8 */
    0xd2800655, /* mov x21, #0x32 */
    0x18000540, /* ldr w0, b4 */
    0xd2800001, /* mov x1, #0x0 */
    0x10000402, /* adr x2, 94 */
    0xd2800aa3, /* mov x3, #0x55 */
    0xd2800004, /* mov x4, #0x0 */
    0xd4000002, /* hvc #0x0 */
    0x180004a0, /* ldr w0, b8 */
    0xd2800001, /* mov x1, #0x0 */
    0xd4000002, /* hvc #0x0 */
    0x18000460, /* ldr w0, bc */
    0xd4000002, /* hvc #0x0 */
    0x18000440, /* ldr w0, c0 */
    0xd2800001, /* mov x1, #0x0 */
    0xd2800002, /* mov x2, #0x0 */
    0xd4000002, /* hvc #0x0 */
    0xd53be049, /* mrs x9, cntvct_el0 */
    0x5307292a, /* ubfx w10, w9, #7, #4 */
    0x1101054a, /* add w10, w10, #0x41 */
    0xb900026a, /* str w10, [x19] */
    0x91406129, /* add x9, x9, #0x18, lsl #12 */
    0xd5031029, /* wfit x9 */
    0xd10006b5, /* sub x21, x21, #0x1 */
    0xb5fffeb5, /* cbnz x21, 38 */
    0xb9400289, /* ldr w9, [x20] */
    0xd280010b, /* mov x11, #0x8 */
    0x12000d2a, /* and w10, w9, #0xf */
    0x1101854a, /* add w10, w10, #0x61 */
    0xb900026a, /* str w10, [x19] */
    0x53047d29, /* lsr w9, w9, #4 */
    0xd100056b, /* sub x11, x11, #0x1 */
    0xb5ffff6b, /* cbnz x11, 70 */
    0x180001e0, /* ldr w0, c4 */
    0xd4000002, /* hvc #0x0 */
    0x14000000, /* b 90 */
    0xd53be049, /* mrs x9, cntvct_el0 */
    0x53072929, /* ubfx w9, w9, #7, #4 */
    0x11018529, /* add w9, w9, #0x61 */
    0xb9000269, /* str w9, [x19] */
    0x18000120, /* ldr w0, c8 */
    0xd2800001, /* mov x1, #0x0 */
    0xd4000002, /* hvc #0x0 */
    0x14000000, /* b b0 */
    0xc4000021, /* .word 0xc4000021 */
    0xc4000022, /* .word 0xc4000022 */
    0xc400002c, /* .word 0xc400002c */
    0xc400002f, /* .word 0xc400002f */
    0x84000008, /* .word 0x84000008 */
    0xc4000025, /* .word 0xc4000025 */
    0x00000000, /* udf #0 */
    0x09000000, /* .word 0x09000000 */
    0x00000000, /* .word 0x00000000 */
    0x09010000, /* .word 0x09010000 */
    0x00000000, /* .word 0x00000000 */
};

/* Returns: what the guest prints */
static char *run_recorded(const char *dir, const char *mode, const char *image)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *log = g_strdup_printf("%s/log", dir);
    g_autofree char *out = g_strdup_printf("%s/out", dir);
    g_autofree char *command = NULL;
    g_autofree char *error = NULL;
    g_auto(GStrv) argv = NULL;
    char *text = NULL;
    int status;

    command = g_strdup_printf("%s -machine virt,sdei=on,gic-version=3 "
                              "-cpu max -m 64 -nodefaults -display none "
                              "-accel tcg -kernel %s -serial file:%s "
                              "-icount shift=7,rr=%s,rrfile=%s",
                              qtest_qemu_binary(NULL), image, out, mode, log);
    g_shell_parse_argv(command, NULL, &argv, &err);
    g_assert_no_error(err);
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &error,
                 &status, &err);
    g_assert_no_error(err);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        g_error("%s: %s", mode, error);
    }
    g_file_get_contents(out, &text, NULL, &err);
    g_assert_no_error(err);
    g_unlink(out);
    if (!strcmp(mode, "replay")) {
        g_unlink(log);
    }
    return text;
}

static void test_record_replay(void)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *dir = g_dir_make_tmp("arm-sdei-rr-XXXXXX", &err);
    g_autofree char *image = NULL;
    g_autofree char *recorded = NULL;
    g_autofree char *replayed = NULL;
    uint32_t code[ARRAY_SIZE(recorded_guest)];
    unsigned handlers = 0;

    g_assert_no_error(err);
    for (unsigned i = 0; i < ARRAY_SIZE(code); i++) {
        code[i] = cpu_to_le32(recorded_guest[i]);
    }
    image = g_strdup_printf("%s/image", dir);
    g_file_set_contents(image, (char *)code, sizeof(code), &err);
    g_assert_no_error(err);
    recorded = run_recorded(dir, "record", image);
    replayed = run_recorded(dir, "replay", image);
    g_unlink(image);
    g_rmdir(dir);

    g_test_message("%s", recorded);
    g_assert_cmpuint(strlen(recorded), ==,
                     2 * RECORDED_EVENTS + RECORDED_DIGITS);
    /* Small letters are the handler's */
    for (unsigned i = 0; i < 2 * RECORDED_EVENTS; i++) {
        handlers += g_ascii_islower(recorded[i]);
    }
    g_assert_cmpuint(handlers, ==, RECORDED_EVENTS);
    g_assert_cmpstr(replayed, ==, recorded);
}

void add_debug_tests(void)
{
    qtest_add_func("/arm-sdei/gdbstub/breakpoint-in-handler",
                   test_gdb_breakpoint);
    qtest_add_func("/arm-sdei/gdbstub/step-out-of-handler", test_gdb_step_out);
    qtest_add_func("/arm-sdei/gdbstub/triggered-while-stopped",
                   test_gdb_stopped);
    qtest_add_func("/arm-sdei/gdbstub/events-wait-while-stepping",
                   test_gdb_step);
    qtest_add_func("/arm-sdei/gdbstub/held", test_gdb_held);
    qtest_add_func("/arm-sdei/gdbstub/breakpoint-in-loop",
                   test_gdb_breakpoint_in_loop);
    qtest_add_func("/arm-sdei/record-replay", test_record_replay);
}
