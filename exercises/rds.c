// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <sys/socket.h>

#ifndef PF_RDS
#define PF_RDS 21
#endif
#define SOL_RDS 276
#define INFO_COUNTERS 10000

int exercise_rds(void)
{
	char *memory = pages_of_memory(4);
	socklen_t length;
	int file, i;

	file = socket(PF_RDS, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (file < 0)
		return lacking("no sockets of RDS");
	for (i = 0; i < 4; i++) {
		length = 3 * PAGE;
		if (getsockopt(file, SOL_RDS, INFO_COUNTERS, memory + 100, &length) < 0 && plain())
			return failed("RDS_INFO_COUNTERS");
	}
	close(file);
	return done();
}
