// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <linux/io_uring.h>
#include <signal.h>
#include <sys/syscall.h>
#if __has_include(<linux/ublk_cmd.h>)
#include <linux/ublk_cmd.h>

#define SIZE (2 << 20)
#define PART (128 << 10)
#define DEPTH 4

/* A ring whose entries take a command of up to 80 bytes. */
struct ring {
	int file;
	unsigned int *tail, *mask, *array, *done_head, *done_tail, *done_mask;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *results;
};

static int open_ring(struct ring *ring)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQE128 };
	char *asked, *results;

	ring->file = syscall(SYS_io_uring_setup, DEPTH, &p);
	if (ring->file < 0)
		return -1;
	asked = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, ring->file, IORING_OFF_SQ_RING);
	results = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->file,
		       IORING_OFF_CQ_RING);
	ring->entries = mmap(NULL, p.sq_entries * 128, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_POPULATE, ring->file, IORING_OFF_SQES);
	if (asked == MAP_FAILED || results == MAP_FAILED || ring->entries == MAP_FAILED)
		return -1;
	ring->tail = (unsigned int *)(asked + p.sq_off.tail);
	ring->mask = (unsigned int *)(asked + p.sq_off.ring_mask);
	ring->array = (unsigned int *)(asked + p.sq_off.array);
	ring->done_head = (unsigned int *)(results + p.cq_off.head);
	ring->done_tail = (unsigned int *)(results + p.cq_off.tail);
	ring->done_mask = (unsigned int *)(results + p.cq_off.ring_mask);
	ring->results = (struct io_uring_cqe *)(results + p.cq_off.cqes);
	return 0;
}

/* Send a command to `file` and wait for its result. */
static int command(struct ring *ring, int file, int order, const void *what, size_t size)
{
	unsigned int tail = *ring->tail, at = tail & *ring->mask, head;
	struct io_uring_sqe *entry = (void *)((char *)ring->entries + at * 128);
	int result;

	memset(entry, 0, 128);
	entry->opcode = IORING_OP_URING_CMD;
	entry->fd = file;
	entry->off = order;
	memcpy((char *)entry + 48, what, size);
	ring->array[at] = at;
	__atomic_store_n(ring->tail, tail + 1, __ATOMIC_RELEASE);
	while (syscall(SYS_io_uring_enter, ring->file, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		if (errno != EINTR)
			return -errno;
	head = *ring->done_head;
	while (head == __atomic_load_n(ring->done_tail, __ATOMIC_ACQUIRE))
		syscall(SYS_io_uring_enter, ring->file, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	result = ring->results[head & *ring->done_mask].res;
	__atomic_store_n(ring->done_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static int control(struct ring *ring, int file, int order, void *buffer, int length, uint64_t data)
{
	struct ublksrv_ctrl_cmd what = {
		.dev_id = 0, .queue_id = -1, .addr = (uintptr_t)buffer, .len = length,
	};

	what.data[0] = data;
	return command(ring, file, order, &what, sizeof(what));
}

/* The one who keeps the data of the device, in memory. */
static void serve(void)
{
	static char kept[SIZE], buffer[PART] __attribute__((aligned(4096)));
	struct ublksrv_io_cmd what = { .addr = (uintptr_t)buffer };
	int device = -1, order = UBLK_IO_FETCH_REQ, i;
	const struct ublksrv_io_desc *request;
	struct ring ring;
	size_t at, length;

	/* Without a server whoever starts the device waits for it without an end. */
	allocations_succeed();
	for (i = 0; i < 100 && device < 0; i++) {
		device = open("/dev/ublkc0", O_RDWR);
		usleep(20000);
	}
	if (device < 0 || open_ring(&ring))
		_exit(1);
	request = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, device,
		       UBLKSRV_CMD_BUF_OFFSET);
	while (command(&ring, device, order, &what, sizeof(what)) == 0) {
		at = request->start_sector << 9;
		length = (size_t)request->nr_sectors << 9;
		if (ublksrv_get_op(request) == UBLK_IO_OP_READ)
			memcpy(buffer, kept + at, length);
		else if (ublksrv_get_op(request) == UBLK_IO_OP_WRITE)
			memcpy(kept + at, buffer, length);
		what.result = length;
		order = UBLK_IO_COMMIT_AND_FETCH_REQ;
	}
	_exit(0);
}

static int use(void)
{
	char *given = pages_of_memory(SIZE / PAGE), *back = pages_of_memory(SIZE / PAGE);
	int device = open("/dev/ublkb0", O_RDWR | O_CLOEXEC);
	size_t i;

	for (i = 0; i < SIZE; i++)
		given[i] = i * 7 + i / PAGE;
	if (device < 0)
		return failed("/dev/ublkb0");
	if ((pwrite(device, given, SIZE, 0) != SIZE || fsync(device)) && plain())
		return failed("to write the device");
	close(device);
	device = open("/dev/ublkb0", O_RDWR | O_DIRECT | O_CLOEXEC);
	if ((pread(device, back, SIZE, 0) != SIZE || memcmp(given, back, SIZE)) && plain())
		return failed("to read it back");
	close(device);
	return 0;
}

int exercise_ublk(void)
{
	struct ublksrv_ctrl_dev_info about = {
		.nr_hw_queues = 1, .queue_depth = 1, .max_io_buf_bytes = PART,
	};
	struct ublk_params parameters = {
		.len = sizeof(parameters), .types = UBLK_PARAM_TYPE_BASIC,
		.basic = {
			.logical_bs_shift = 9, .physical_bs_shift = 12, .io_opt_shift = 12,
			.io_min_shift = 12, .max_sectors = PART >> 9, .dev_sectors = SIZE >> 9,
		},
	};
	int file = open("/dev/ublk-control", O_RDWR | O_CLOEXEC), result, wrong;
	struct ring ring;
	pid_t server, client;

	if (file < 0)
		return lacking("no /dev/ublk-control");
	if (open_ring(&ring))
		return failed("a ring");
	result = control(&ring, file, UBLK_CMD_ADD_DEV, &about, sizeof(about), 0);
	if (result >= 0)
		result = control(&ring, file, UBLK_CMD_SET_PARAMS, &parameters,
				 sizeof(parameters), 0);
	if (result < 0)
		return failed("to make a device said %d", result);
	server = fork();
	if (!server)
		serve();
	if (server < 0) {
		control(&ring, file, UBLK_CMD_DEL_DEV, NULL, 0, 0);
		return plain() ? failed("fork()") : done();
	}
	result = control(&ring, file, UBLK_CMD_START_DEV, NULL, 0, server);
	if (result < 0) {
		kill(server, SIGKILL);
		return failed("to start the device said %d", result);
	}
	client = fork();
	if (!client)
		_exit(use());
	waitpid(client, &wrong, 0);
	control(&ring, file, UBLK_CMD_STOP_DEV, NULL, 0, 0);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	control(&ring, file, UBLK_CMD_DEL_DEV, NULL, 0, 0);
	return wrong ? 1 : done();
}
#else
int exercise_ublk(void)
{
	return lacking("the C library here has no linux/ublk_cmd.h");
}
#endif
