// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define SET_BUFFERS _IO('k', 4)
#define SIZE (4 << 20)
#define COUNT 4

static int major_of(const char *wanted)
{
	FILE *devices = fopen("/proc/devices", "r");
	char line[128], name[64];
	int number, found = 0;

	while (devices && fgets(line, sizeof(line), devices))
		if (sscanf(line, "%d %63s", &number, name) == 2 && !strcmp(name, wanted))
			found = number;
	if (devices)
		fclose(devices);
	return found;
}

int exercise_orangefs(void)
{
	struct {
		void *memory;
		int32_t size, part, count;
	} buffers = { pages_of_memory(SIZE / PAGE), SIZE, SIZE / COUNT, COUNT };
	int major = major_of("pvfs2-req"), device;

	if (!major)
		return lacking("no request device of OrangeFS");
	mknod("/tmp/orangefs", S_IFCHR | 0600, makedev(major, 0));
	device = open("/tmp/orangefs", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device < 0)
		return failed("the request device");
	if (ioctl(device, SET_BUFFERS, &buffers) && plain())
		return failed("to set the buffers");
	/* There is one map alone: where there is one, the pages of the next are given back. */
	ioctl(device, SET_BUFFERS, &buffers);
	close(device);
	return done();
}
