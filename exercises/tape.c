// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"

/* The tape is scsi_debug's: it takes blocks for those of a disk, and refuses most. */
int exercise_tape(void)
{
	char *memory = pages_of_memory(32);
	int tape = open("/dev/nst0", O_RDWR | O_CLOEXEC), i;
	ssize_t ignored = 0;

	if (tape < 0)
		return plain() ? lacking("no tape of scsi_debug: %s", strerror(errno)) : done();
	for (i = 1; i <= 8; i++) {
		ignored += write(tape, memory, 4 * i * PAGE);
		ignored += read(tape, memory, 4 * i * PAGE);
	}
	(void)ignored;
	close(tape);
	return done();
}
