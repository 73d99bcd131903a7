// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <sys/socket.h>
#include <linux/in.h>
#include <linux/rds.h>

#ifndef PF_RDS
#define PF_RDS 21
#endif
#define PARTS 2

/* Send one word of control; what is to be done with the memory is refused in the end. */
static ssize_t ask(int file, const struct sockaddr_in *whom, int type, const void *what, size_t size)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(128)];
	} control = {};
	struct msghdr message = {
		.msg_name = (void *)whom, .msg_namelen = sizeof(*whom),
		.msg_control = &control, .msg_controllen = CMSG_SPACE(size),
	};

	control.head.cmsg_level = SOL_RDS;
	control.head.cmsg_type = type;
	control.head.cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(&control.head), what, size);
	return sendmsg(file, &message, 0);
}

/*
 * RDMA, and an atomic operation, over the loopback transport, which has neither: it
 * looks at that when it has the pages.
 */
static void by_loopback(char *memory)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = __builtin_bswap16(2000) };
	struct rds_iovec parts[PARTS] = {
		{ (uintptr_t)memory + 100, 2 * PAGE }, { (uintptr_t)memory + 4 * PAGE, PAGE },
	};
	struct rds_rdma_args rdma = {
		.remote_vec = { 0, 4 * PAGE }, .local_vec_addr = (uintptr_t)parts, .nr_local = PARTS,
	};
	struct rds_atomic_args atomic = { .local_addr = (uintptr_t)memory };
	int file = socket(PF_RDS, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), i;

	here.sin_addr.s_addr = __builtin_bswap32(INADDR_LOOPBACK);
	if (file < 0 || bind(file, (struct sockaddr *)&here, sizeof(here)))
		return;
	for (i = 0; i < 8; i++) {
		rdma.flags = i % 2 ? RDS_RDMA_READWRITE : 0;
		ask(file, &here, RDS_CMSG_RDMA_ARGS, &rdma, sizeof(rdma));
		ask(file, &here, RDS_CMSG_ATOMIC_FADD, &atomic, sizeof(atomic));
	}
	/* More than the other side has room for, and pages that are not there. */
	rdma.remote_vec.bytes = PAGE;
	ask(file, &here, RDS_CMSG_RDMA_ARGS, &rdma, sizeof(rdma));
	rdma.remote_vec.bytes = 4 * PAGE;
	parts[1].addr = PAGE;
	ask(file, &here, RDS_CMSG_RDMA_ARGS, &rdma, sizeof(rdma));
	close(file);
}

int exercise_rds(void)
{
	char *memory = pages_of_memory(6);
	socklen_t length;
	int file, i;

	file = socket(PF_RDS, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (file < 0)
		return lacking("no sockets of RDS");
	for (i = 0; i < 4; i++) {
		length = 3 * PAGE;
		if (getsockopt(file, SOL_RDS, RDS_INFO_COUNTERS, memory + 100, &length) < 0 &&
		    plain())
			return failed("RDS_INFO_COUNTERS");
	}
	close(file);
	by_loopback(memory);
	return done();
}
