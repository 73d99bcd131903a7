// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <linux/futex.h>
#include <sys/syscall.h>

/* Wake whoever waits at `word`, which is nobody: the kernel looks its page up. */
static long wake(void *word)
{
	return syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static char *mapped(int protection, int flags, int file)
{
	char *found = mmap(NULL, PAGE, protection, flags, file, 0);

	return found == MAP_FAILED ? NULL : found;
}

int exercise_futex(void)
{
	int file = open("/tmp/futex", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char *anonymous = pages_of_memory(1), *shared, *readable, *zero;
	int i;

	if (file < 0 || ftruncate(file, PAGE))
		return plain() ? failed("/tmp/futex") : done();
	shared = mapped(PROT_READ | PROT_WRITE, MAP_SHARED, file);
	readable = mapped(PROT_READ, MAP_SHARED, file);
	/* Memory that nobody wrote to is a page that belongs to nothing. */
	zero = mapped(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (i = 0; i < 20; i++) {
		if (wake(anonymous) && plain())
			return failed("FUTEX_WAKE in memory of one's own");
		if (shared && wake(shared) && plain())
			return failed("FUTEX_WAKE in a file");
		if (readable && wake(readable) && plain())
			return failed("FUTEX_WAKE in a file that is only read");
		if (zero)
			wake(zero);
		wake((void *)PAGE);
	}
	close(file);
	unlink("/tmp/futex");
	return done();
}
