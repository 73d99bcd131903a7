// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <sys/utsname.h>

/* The interface of /dev/vmci is in no header for programs. */
#define VMCI(number) ((7 << 8) | (number))
#define INIT VMCI(0xa0)
#define VERSION VMCI(0xa7)
#define ALLOC VMCI(0xa8)
#define SET_NOTIFY VMCI(0xcb)
#define OURS 77

struct context {
	uint32_t id, flags;
};

struct notify {
	uint64_t address;
	int32_t result;
	uint32_t unused;
};

struct queue_pair {
	uint32_t context, resource, peer, flags;
	uint64_t produced, consumed, memory, pages;
	int32_t result;
	uint32_t version;
};

static int set_notify(int device, void *where)
{
	struct notify notify = { .address = (uintptr_t)where };

	if ((ioctl(device, SET_NOTIFY, &notify) || notify.result) && plain())
		return failed("to set where notifications go said %d", notify.result);
	return 0;
}

/*
 * Before 5.10 a pin of a queue that fails, with a negative number, is taken for a
 * great many pages. Of pins that fail it is the first, the fourth and so on: after
 * four others, the two of a queue pair do not.
 */
static bool takes_no_failure(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major < 5 || (major == 5 && minor < 10);
}

int exercise_vmci(void)
{
	uint32_t version = 11 << 16;
	struct context context = { .id = OURS };
	struct queue_pair pair = {
		.context = OURS, .resource = 5, .peer = 0xffffffff,
		.produced = 4 * PAGE, .consumed = 4 * PAGE, .pages = 10,
	};
	char *memory = pages_of_memory(16);
	int device = open("/dev/vmci", O_RDWR | O_CLOEXEC);
	int wrong, i;

	if (device < 0)
		return lacking("no /dev/vmci");
	ioctl(device, VERSION, &version);
	if (ioctl(device, INIT, &context))
		return failed("to make a context");
	/* Set and taken back, then left to close(). */
	wrong = set_notify(device, memory) || set_notify(device, NULL) ||
		set_notify(device, memory);
	if (wrong)
		return 1;
	for (i = 0; i < 2 && takes_no_failure(); i++) {
		set_notify(device, NULL);
		set_notify(device, memory);
	}
	pair.memory = (uintptr_t)(memory + 4 * PAGE);
	if ((ioctl(device, ALLOC, &pair) || pair.result < 0) && plain())
		return failed("a queue pair said %d", pair.result);
	/* Where the pages of the first queue were too few, those of the second may be. */
	for (i = 0; i < 2 && !plain(); i++)
		ioctl(device, ALLOC, &pair);
	close(device);
	return done();
}
