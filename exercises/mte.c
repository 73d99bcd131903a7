// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifndef PROT_MTE
#define PROT_MTE 0x20
#endif
#ifndef PTRACE_PEEKMTETAGS
#define PTRACE_PEEKMTETAGS 33
#define PTRACE_POKEMTETAGS 34
#endif

#define PAGES 3
#define GRANULE 16UL
#define TAGS (PAGES * PAGE / GRANULE)

/* Hand `count` tags over, and say how many went; -1 with errno. */
static long transfer(int order, pid_t other, void *where, unsigned char *tags, size_t count)
{
	struct iovec ours = { tags, count };

	return ptrace(order, other, where, &ours) ? -1 : (long)ours.iov_len;
}

static int with(pid_t other, char *tagged, char *plain_memory)
{
	static unsigned char given[TAGS], taken[TAGS];
	size_t i;

	for (i = 0; i < TAGS; i++)
		given[i] = i % 16;
	for (i = 0; i < 10; i++) {
		if (transfer(PTRACE_POKEMTETAGS, other, tagged, given, TAGS) != (long)TAGS && plain())
			return failed("PTRACE_POKEMTETAGS");
		if (transfer(PTRACE_PEEKMTETAGS, other, tagged, taken, TAGS) != (long)TAGS && plain())
			return failed("PTRACE_PEEKMTETAGS");
		/* Not all versions of QEMU give the same tags back. */
		/* Memory without tags, and none at all. */
		transfer(PTRACE_PEEKMTETAGS, other, plain_memory, taken, 4);
		transfer(PTRACE_PEEKMTETAGS, other, (void *)PAGE, taken, 4);
	}
	return 0;
}

int exercise_mte(void)
{
	char *plain_memory = pages_of_memory(1);
	char *tagged = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE | PROT_MTE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t other;
	int wrong;

	if (tagged == MAP_FAILED)
		return plain() ? lacking("no memory with tags") : done();
	other = fork();
	if (other < 0)
		return failed("fork()");
	if (!other)
		for (;;)
			pause();
	if (ptrace(PTRACE_ATTACH, other, NULL, NULL))
		return failed("PTRACE_ATTACH");
	waitpid(other, NULL, 0);
	wrong = with(other, tagged, plain_memory);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	return wrong ? 1 : done();
}
