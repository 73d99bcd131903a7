// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <linux/if_xdp.h>
#include <sys/socket.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

int exercise_xdp(void)
{
	/* As long as the first version of the structure, which every kernel takes. */
	struct {
		uint64_t address, length;
		uint32_t chunk, headroom;
	} area = { (uintptr_t)pages_of_memory(64), 64 * PAGE, PAGE, 0 };
	int i, file;

	for (i = 0; i < 4; i++) {
		file = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (file < 0)
			return lacking("no sockets of AF_XDP");
		if (setsockopt(file, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area)) && plain())
			return failed("XDP_UMEM_REG");
		close(file);
	}
	return done();
}
