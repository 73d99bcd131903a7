// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <link.h>
#include <signal.h>

#define EVENTS "/sys/kernel/tracing/uprobe_events"
#define ENABLE "/sys/kernel/tracing/events/gup_prove/probed/enable"
/* Is there once a breakpoint had no end. */
#define HANGS "/tmp/uprobe-hangs"

static volatile unsigned short users = 0x100;
static volatile int traps;

__attribute__((noinline, noclone, used)) static void probed(void)
{
	asm volatile("nop\n\tnop\n\tnop\n\tnop");
}

/* Where the byte at `address` is in the file of this program. */
static int offset_of(struct dl_phdr_info *info, size_t size, void *data)
{
	uintptr_t *address = data, start;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && *address >= start &&
		    *address < start + info->dlpi_phdr[i].p_filesz) {
			*address = *address - start + info->dlpi_phdr[i].p_offset;
			return 1;
		}
	}
	return 0;
}

static void trapped(int number)
{
	(void)number;
	traps++;
}

/*
 * A breakpoint in memory that only a key of its own lets one execute: the kernel
 * cannot read it by its address and takes the page. Since 6.11 it does not get that
 * either, and has the program run into the breakpoint again and again.
 */
static void break_in_hidden_memory(void)
{
	char *code = pages_of_memory(1);
	int i;

	alarm(5);

	code[0] = (char)0xcc;
	code[1] = (char)0xc3;
	signal(SIGTRAP, trapped);
	if (!mprotect(code, PAGE, PROT_EXEC))
		for (i = 0; i < 50; i++)
			((void (*)(void))code)();
	_exit(traps ? 0 : 1);
}

int exercise_uprobe(void)
{
	uintptr_t code = (uintptr_t)probed, counter = (uintptr_t)&users;
	char text[128];
	int i, status = 0;
	pid_t child;

	dl_iterate_phdr(offset_of, &code);
	dl_iterate_phdr(offset_of, &counter);
	snprintf(text, sizeof(text), "p:gup_prove/probed /init:0x%lx(0x%lx)\n",
		 (unsigned long)code, (unsigned long)counter);
	put_text(EVENTS, "-:gup_prove/probed\n");
	if (put_text(EVENTS, text))
		return access(EVENTS, F_OK) ? lacking("no " EVENTS) : failed("%s", text);
	if (put_text(ENABLE, "1") && plain())
		return failed(ENABLE);
	for (i = 0; i < 50; i++)
		probed();
	child = access(HANGS, F_OK) ? fork() : -1;
	if (!child)
		break_in_hidden_memory();
	if (child > 0)
		waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		close(open(HANGS, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	put_text(ENABLE, "0");
	put_text(EVENTS, "-:gup_prove/probed\n");
	if (plain() && WIFEXITED(status) && WEXITSTATUS(status))
		return failed("no breakpoint was seen");
	return done();
}
