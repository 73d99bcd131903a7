// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <linux/mempolicy.h>
#include <sys/syscall.h>

static long node_of(void *address, int *node)
{
	return syscall(SYS_get_mempolicy, node, NULL, 0, address, MPOL_F_NODE | MPOL_F_ADDR);
}

int exercise_mempolicy(void)
{
	char *memory = pages_of_memory(4);
	int i, node = -1;

	for (i = 0; i < 20; i++) {
		if (node_of(memory + i % 4 * PAGE, &node) && plain())
			return errno == ENOSYS ? lacking("no get_mempolicy()")
					       : failed("get_mempolicy()");
		if (node && plain())
			return failed("a machine of one node has node %d", node);
	}
	/* Where nothing is mapped. */
	node_of((void *)PAGE, &node);
	return done();
}
