// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define ENTRIES 16
#define LOG_ALL 26

/* What a machine of its own would have: a ring, a buffer, and a log of what is written. */
struct machine {
	char *memory;
	struct vring_desc *descriptors;
	struct vring_avail *available;
	struct vring_used *used;
	char *buffer, *log;
};

static int tap(void)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	struct sockaddr_in ours = { .sin_family = AF_INET };
	int file = open("/dev/net/tun", O_RDWR | O_CLOEXEC), control;

	inet_aton("10.0.0.1", &ours.sin_addr);

	strcpy(request.ifr_name, "prove0");
	if (file < 0 || ioctl(file, TUNSETIFF, &request))
		return -1;
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(&request.ifr_addr, &ours, sizeof(ours));
	ioctl(control, SIOCSIFADDR, &request);
	memset(&request.ifr_addr, 0, sizeof(request.ifr_addr));
	request.ifr_flags = IFF_UP;
	ioctl(control, SIOCSIFFLAGS, &request);
	close(control);
	return file;
}

/* Before it sends anything to a neighbour, the kernel asks all of them where that is. */
static void call_neighbour(void)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(9) };
	int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_aton("10.0.0.2", &there.sin_addr);
	sendto(file, "x", 1, 0, (struct sockaddr *)&there, sizeof(there));
	close(file);
}

static struct machine machine(void)
{
	struct machine made = { .memory = pages_of_memory(32) };

	made.descriptors = (void *)made.memory;
	made.available = (void *)(made.memory + PAGE);
	made.used = (void *)(made.memory + 2 * PAGE);
	made.buffer = made.memory + 4 * PAGE;
	made.log = made.memory + 16 * PAGE;
	return made;
}

static int set_memory(int device, const struct machine *is)
{
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region;
	} table = {
		{ .nregions = 1 },
		{ 0, 16 * PAGE, (uintptr_t)is->memory, 0 },
	};
	uint64_t log = (uintptr_t)is->log;

	return ioctl(device, VHOST_SET_MEM_TABLE, &table) ||
	       ioctl(device, VHOST_SET_LOG_BASE, &log);
}

static int set_ring(int device, const struct machine *is, int kick, int call)
{
	struct vhost_vring_state size = { .index = 0, .num = ENTRIES }, start = { 0 };
	struct vhost_vring_file kicked = { 0, kick }, called = { 0, call };
	struct vhost_vring_addr address = {
		.flags = 1 << VHOST_VRING_F_LOG,
		.desc_user_addr = (uintptr_t)is->descriptors,
		.avail_user_addr = (uintptr_t)is->available,
		.used_user_addr = (uintptr_t)is->used,
		.log_guest_addr = 2 * PAGE,
	};

	return ioctl(device, VHOST_SET_VRING_NUM, &size) ||
	       ioctl(device, VHOST_SET_VRING_BASE, &start) ||
	       ioctl(device, VHOST_SET_VRING_ADDR, &address) ||
	       ioctl(device, VHOST_SET_VRING_KICK, &kicked) ||
	       ioctl(device, VHOST_SET_VRING_CALL, &called);
}

/* What is received is written to the buffer, and the log says which pages that were. */
int exercise_vhost(void)
{
	struct machine is = machine();
	struct vhost_vring_file backend = { 0, -1 };
	uint64_t features = 1ULL << LOG_ALL, one = 1;
	int device = open("/dev/vhost-net", O_RDWR | O_CLOEXEC), kick, call, i;

	if (device < 0)
		return lacking("no /dev/vhost-net");
	backend.fd = tap();
	if (backend.fd < 0)
		return lacking("no tap");
	kick = eventfd(0, EFD_CLOEXEC);
	call = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < ENTRIES; i++) {
		is.descriptors[i].addr = 4 * PAGE + i * 2048 % (8 * PAGE);
		is.descriptors[i].len = 2048;
		is.descriptors[i].flags = VRING_DESC_F_WRITE;
		is.available->ring[i] = i;
	}
	is.available->idx = ENTRIES;
	if (ioctl(device, VHOST_SET_OWNER) || ioctl(device, VHOST_SET_FEATURES, &features) ||
	    set_memory(device, &is) || set_ring(device, &is, kick, call))
		return failed("to set the ring");
	if (ioctl(device, VHOST_NET_SET_BACKEND, &backend))
		return failed("VHOST_NET_SET_BACKEND");
	for (i = 0; i < 20; i++) {
		call_neighbour();
		if (write(kick, &one, sizeof(one)) < 0)
			break;
		usleep(100000);
		if (is.used->idx)
			break;
	}
	if (!is.used->idx && plain())
		return failed("nothing was received");
	close(device);
	return done();
}
