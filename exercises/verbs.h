/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RDMA devices in software, and memory regions of theirs, by what the kernel has for
 * libraries: netlink, and the commands of /dev/infiniband/uverbsN.
 */
#ifndef VERBS_H
#define VERBS_H
#include "exercise.h"
#include <linux/netlink.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_netlink.h>
#include <rdma/siw-abi.h>
#include <sys/resource.h>
#include <sys/socket.h>

static inline size_t verbs_attribute(char *at, int type, const char *text)
{
	struct nlattr head = { .nla_len = NLA_HDRLEN + strlen(text) + 1, .nla_type = type };

	memcpy(at, &head, sizeof(head));
	strcpy(at + NLA_HDRLEN, text);
	return NLA_ALIGN(head.nla_len);
}

/* Have a device of a kind over the loopback interface; it stays until the guest ends. */
static inline void verbs_make(const char *name, const char *kind)
{
	char message[256] = "", answer[512];
	struct nlmsghdr *head = (struct nlmsghdr *)message;
	int file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_RDMA);
	size_t length = NLMSG_HDRLEN;

	if (file < 0)
		return;
	length += verbs_attribute(message + length, RDMA_NLDEV_ATTR_DEV_NAME, name);
	length += verbs_attribute(message + length, RDMA_NLDEV_ATTR_LINK_TYPE, kind);
	length += verbs_attribute(message + length, RDMA_NLDEV_ATTR_NDEV_NAME, "lo");
	head->nlmsg_len = length;
	head->nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK);
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (send(file, message, length, 0) == (ssize_t)length)
		recv(file, answer, sizeof(answer), 0);
	close(file);
}

/* Open the device `name`, which may have any number; -1 where it is not there. */
static inline int verbs_open(const char *name)
{
	char path[80], found[64];
	ssize_t length;
	int i, file;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/sys/class/infiniband_verbs/uverbs%d/ibdev", i);
		file = open(path, O_RDONLY | O_CLOEXEC);
		length = file < 0 ? 0 : read(file, found, sizeof(found) - 1);
		close(file);
		if (length < 1 || strncmp(found, name, strlen(name)) ||
		    found[strlen(name)] != '\n')
			continue;
		snprintf(path, sizeof(path), "/dev/infiniband/uverbs%d", i);
		return open(path, O_RDWR | O_CLOEXEC);
	}
	return -1;
}

/* Hand a command over with room for its head, and expect an answer of so many bytes. */
static inline int verbs_command(int file, uint32_t which, void *whole, size_t size,
				size_t expected)
{
	struct ib_uverbs_cmd_hdr head = { which, size / 4, expected / 4 };

	memcpy(whole, &head, sizeof(head));
	return write(file, whole, size) == (ssize_t)size ? 0 : -1;
}

/* Memory regions of a process; what siw has to say besides, others do not listen to. */
static inline int verbs_regions(int file, char *memory, size_t size)
{
	struct {
		struct ib_uverbs_get_context_resp resp;
		struct siw_uresp_alloc_ctx own;
	} context = {};
	struct {
		struct ib_uverbs_cmd_hdr head;
		uint64_t response;
	} ask = { .response = (uintptr_t)&context };
	struct ib_uverbs_alloc_pd_resp domain = {};
	struct {
		struct ib_uverbs_reg_mr_resp resp;
		struct siw_uresp_reg_mr own;
	} region = {};
	struct {
		struct ib_uverbs_cmd_hdr head;
		struct ib_uverbs_reg_mr order;
		struct siw_ureq_reg_mr own;
	} reg = {
		.order = {
			.response = (uintptr_t)&region, .start = (uintptr_t)memory,
			.length = size, .hca_va = (uintptr_t)memory,
			.access_flags = IB_UVERBS_ACCESS_LOCAL_WRITE,
		},
	};
	int i;

	if (verbs_command(file, IB_USER_VERBS_CMD_GET_CONTEXT, &ask, sizeof(ask), sizeof(context)))
		return plain() ? failed("GET_CONTEXT") : 0;
	ask.response = (uintptr_t)&domain;
	if (verbs_command(file, IB_USER_VERBS_CMD_ALLOC_PD, &ask, sizeof(ask), sizeof(domain)))
		return plain() ? failed("ALLOC_PD") : 0;
	reg.order.pd_handle = domain.pd_handle;
	for (i = 0; i < 4; i++)
		if (verbs_command(file, IB_USER_VERBS_CMD_REG_MR, &reg, sizeof(reg),
				  sizeof(region)) && plain())
			return failed("REG_MR");
	/* More than there is. */
	reg.order.length = 2 * size;
	verbs_command(file, IB_USER_VERBS_CMD_REG_MR, &reg, sizeof(reg), sizeof(region));
	return 0;
}

/* Regions of a device of a kind, which is made where it is not there. */
static inline int verbs_exercise(const char *name, const char *kind)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	char *memory = pages_of_memory(600);
	int i, file, wrong = 0;

	setrlimit(RLIMIT_MEMLOCK, &all);
	for (i = 0; i < 4 && !wrong; i++) {
		file = verbs_open(name);
		if (file < 0) {
			verbs_make(name, kind);
			file = verbs_open(name);
		}
		if (file < 0)
			return plain() ? lacking("no device of %s", kind) : done();
		wrong = verbs_regions(file, memory, 600 * PAGE);
		/* That gives all of it back. */
		close(file);
	}
	return wrong ? 1 : done();
}
#endif
