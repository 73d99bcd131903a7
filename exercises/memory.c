// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static volatile long word = 1;

static int by_ptrace(pid_t other)
{
	void *where = (void *)&word;
	long seen;
	int i;

	for (i = 0; i < 50; i++) {
		seen = ptrace(PTRACE_PEEKDATA, other, where, NULL);
		if (ptrace(PTRACE_POKEDATA, other, where, (void *)(seen + 1)) && plain())
			return failed("PTRACE_POKEDATA");
	}
	seen = ptrace(PTRACE_PEEKDATA, other, where, NULL);
	return plain() && seen != 51 ? failed("PTRACE_PEEKDATA said %ld", seen) : 0;
}

static int by_file(pid_t other)
{
	const char *names[] = { "cmdline", "environ" };
	char path[64], text[512];
	long value = 7, back = 0;
	ssize_t n;
	int file;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/mem", other);
	file = open(path, O_RDWR);
	n = pwrite(file, &value, sizeof(value), (off_t)(uintptr_t)&word);
	if (n == sizeof(value))
		n = pread(file, &back, sizeof(back), (off_t)(uintptr_t)&word);
	close(file);
	if (plain() && (n != sizeof(back) || back != value))
		return failed("%s", path);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", other, names[i]);
		file = open(path, O_RDONLY);
		n = read(file, text, sizeof(text));
		close(file);
	}
	return 0;
}

static int by_process_vm(pid_t other, char *shared)
{
	char *mine = pages_of_memory(5);
	struct iovec here = { mine, 5 * PAGE }, there = { shared + 100, 5 * PAGE };

	if (process_vm_readv(other, &here, 1, &there, 1, 0) != (ssize_t)(5 * PAGE) && plain())
		return errno == ENOSYS ? 0 : failed("process_vm_readv");
	if (process_vm_writev(other, &here, 1, &there, 1, 0) != (ssize_t)(5 * PAGE) && plain())
		return failed("process_vm_writev");
	munmap(mine, 5 * PAGE);
	return 0;
}

int exercise_memory(void)
{
	char *shared = pages_of_memory(8);
	pid_t other = fork();
	int wrong;

	if (other < 0)
		return failed("fork()");
	if (!other)
		for (;;)
			pause();
	if (ptrace(PTRACE_ATTACH, other, NULL, NULL))
		return failed("PTRACE_ATTACH");
	waitpid(other, NULL, 0);
	wrong = by_ptrace(other) || by_file(other) || by_process_vm(other, shared);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	return wrong ? 1 : done();
}
