// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static long set_buffers(int ring, struct iovec *buffers, unsigned int count)
{
	unsigned int what = buffers ? IORING_REGISTER_BUFFERS : IORING_UNREGISTER_BUFFERS;

	return syscall(SYS_io_uring_register, ring, what, buffers, count);
}

/* Memory of a file, which older kernels refuse when they have its pages. */
static void set_buffers_of_file(int ring)
{
	int file = open("/tmp/io_uring", O_RDWR | O_CREAT | O_CLOEXEC, 0600), i;
	struct iovec buffer = { MAP_FAILED, 4 * PAGE };

	if (file >= 0 && !ftruncate(file, 4 * PAGE))
		buffer.iov_base = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_POPULATE, file, 0);
	for (i = 0; buffer.iov_base != MAP_FAILED && i < 5; i++)
		if (!set_buffers(ring, &buffer, 1))
			set_buffers(ring, NULL, 0);
	close(file);
	unlink("/tmp/io_uring");
}

int exercise_io_uring(void)
{
	struct io_uring_params parameters = { 0 };
	char *memory = pages_of_memory(16);
	struct iovec buffers[] = { { memory, 8 * PAGE }, { memory + 10 * PAGE, 3 * PAGE } };
	int ring = syscall(SYS_io_uring_setup, 8, &parameters), i;

	if (ring < 0)
		return lacking("io_uring_setup() does not work");
	/* Where the first buffer had pages missing, the second has the next time. */
	for (i = 0; i < 3; i++) {
		if (set_buffers(ring, buffers, 2) && plain())
			return failed("IORING_REGISTER_BUFFERS");
		if (set_buffers(ring, NULL, 0) && plain())
			return failed("IORING_UNREGISTER_BUFFERS");
	}
	set_buffers_of_file(ring);
	/* These are left to close(). */
	if (set_buffers(ring, buffers, 1) && plain())
		return failed("IORING_REGISTER_BUFFERS for the second time");
	close(ring);
	return done();
}
