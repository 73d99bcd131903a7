// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#define WHERE "/tmp/p9"
#define NAME WHERE "/file"
#define SIZE (24 * PAGE)

/* So many bytes of the file are written from `given` and read to `back`. */
static bool there_and_back(int file, char *given, char *back, size_t size)
{
	bool same = pwrite(file, given, size, 0) == (ssize_t)size;

	return pread(file, back, size, 0) == (ssize_t)size && same && !memcmp(given, back, size);
}

/* From the file and to it by way of a pipe, whose pages nobody pins. */
static bool by_pipe(int file)
{
	int other = open("/tmp/p9-copy", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t start = 0;
	bool good = other >= 0 && sendfile(other, file, &start, 4 * PAGE) > 0;

	start = 0;
	good &= !lseek(file, 0, SEEK_SET) && sendfile(file, other, &start, 4 * PAGE) > 0;
	close(other);
	return good;
}

static int use(void)
{
	char *given = pages_of_memory(SIZE / PAGE + 1), *back = pages_of_memory(SIZE / PAGE + 1);
	struct iovec parts[] = { { back + 100, 3 * PAGE }, { back + 8 * PAGE, 5 * PAGE } };
	int file = open(NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t i;

	if (file < 0)
		return plain() ? failed(NAME) : 0;
	for (i = 0; i < SIZE; i++)
		given[i] = i * 7 + i / PAGE;
	/* More than fits into one request, then from within one page to within another. */
	if (!there_and_back(file, given, back, SIZE) && plain())
		return failed("to read back what was written");
	for (i = 1; i < 6; i++)
		if (!there_and_back(file, given + i * 100, back + i * 300, i * 3000) && plain())
			return failed("to read back %zu bytes", i * 3000);
	if (preadv(file, parts, 2, 0) != (ssize_t)(8 * PAGE) && plain())
		return failed("to read to two places");
	if (!by_pipe(file) && plain())
		return failed("sendfile()");
	if (pread(file, (char *)PAGE, 4 * PAGE, 0) >= 0 || pwrite(file, (char *)PAGE, PAGE, 0) >= 0)
		return failed("a read to nowhere worked");
	close(file);
	return 0;
}

/* Since 6.8 netfs takes the pages of a program, and hands its own to 9P. */
static bool netfs_has_them(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 8);
}

int exercise_p9(void)
{
	int wrong;

	mkdir(WHERE, 0755);
	umount2(WHERE, MNT_DETACH);
	if (mount("share", WHERE, "9p", 0, "trans=virtio,version=9p2000.L,msize=65536,cache=none"))
		return plain() ? lacking("no 9P to mount: %s", strerror(errno)) : done();
	wrong = use();
	unlink(NAME);
	umount2(WHERE, MNT_DETACH);
	if (!wrong && netfs_has_them())
		return lacking("9P gets no pages of programs since Linux 6.8");
	return wrong ? wrong : done();
}
