// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <linux/netlink.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_netlink.h>
#include <rdma/siw-abi.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define VERBS "/dev/infiniband/uverbs0"

static size_t attribute(char *at, int type, const char *text)
{
	struct nlattr head = { .nla_len = NLA_HDRLEN + strlen(text) + 1, .nla_type = type };

	memcpy(at, &head, sizeof(head));
	strcpy(at + NLA_HDRLEN, text);
	return NLA_ALIGN(head.nla_len);
}

/* A device over the loopback interface; it stays until the guest ends. */
static int make_device(void)
{
	char message[256] = "", answer[512];
	struct nlmsghdr *head = (struct nlmsghdr *)message;
	int file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_RDMA);
	size_t length = NLMSG_HDRLEN;

	if (file < 0)
		return -1;
	length += attribute(message + length, RDMA_NLDEV_ATTR_DEV_NAME, "siw0");
	length += attribute(message + length, RDMA_NLDEV_ATTR_LINK_TYPE, "siw");
	length += attribute(message + length, RDMA_NLDEV_ATTR_NDEV_NAME, "lo");
	head->nlmsg_len = length;
	head->nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK);
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (send(file, message, length, 0) == (ssize_t)length)
		recv(file, answer, sizeof(answer), 0);
	close(file);
	return access(VERBS, F_OK);
}

/* Hand a command over with room for its head, and expect an answer of so many bytes. */
static int command(int file, uint32_t which, void *whole, size_t size, size_t expected)
{
	struct ib_uverbs_cmd_hdr head = { which, size / 4, expected / 4 };

	memcpy(whole, &head, sizeof(head));
	return write(file, whole, size) == (ssize_t)size ? 0 : -1;
}

static int regions(int file, char *memory, size_t size)
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

	if (command(file, IB_USER_VERBS_CMD_GET_CONTEXT, &ask, sizeof(ask), sizeof(context)))
		return plain() ? failed("GET_CONTEXT") : 0;
	ask.response = (uintptr_t)&domain;
	if (command(file, IB_USER_VERBS_CMD_ALLOC_PD, &ask, sizeof(ask), sizeof(domain)))
		return plain() ? failed("ALLOC_PD") : 0;
	reg.order.pd_handle = domain.pd_handle;
	for (i = 0; i < 4; i++)
		if (command(file, IB_USER_VERBS_CMD_REG_MR, &reg, sizeof(reg), sizeof(region)) &&
		    plain())
			return failed("REG_MR");
	/* More than there is. */
	reg.order.length = 2 * size;
	command(file, IB_USER_VERBS_CMD_REG_MR, &reg, sizeof(reg), sizeof(region));
	return 0;
}

int exercise_siw(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	char *memory = pages_of_memory(600);
	int i, file, wrong = 0;

	setrlimit(RLIMIT_MEMLOCK, &all);
	if (access(VERBS, F_OK) && make_device())
		return plain() ? lacking("no device of siw") : done();
	for (i = 0; i < 4 && !wrong; i++) {
		file = open(VERBS, O_RDWR | O_CLOEXEC);
		if (file < 0)
			return plain() ? failed(VERBS) : done();
		wrong = regions(file, memory, 600 * PAGE);
		/* That gives all of it back. */
		close(file);
	}
	return wrong ? 1 : done();
}
