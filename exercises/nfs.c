// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"
#include <linux/in.h>
#include <linux/if.h>
#include <linux/nfs_mount.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

/*
 * The server is a process of the exercise's own: it knows a directory with one file,
 * and of RFC 1813 what a client asks for that mounts it and does not look for locks.
 */
#define WHERE "/tmp/nfs"
#define NAME WHERE "/file"
#define SIZE (64 * PAGE)
#define MOST (8 * PAGE)
#define ROOT 1
#define FILE_OF_ROOT 2
#define LAST_FRAGMENT 0x80000000

enum {
	NULL_CALL = 0, GETATTR = 1, LOOKUP = 3, ACCESS = 4, READ = 6, WRITE = 7,
	FSINFO = 19, PATHCONF = 20, COMMIT = 21, NO_SUCH_CALL = 3,
};

/* A message: words and bytes are taken or added at `at`. */
struct message {
	size_t at, length;
	char text[MOST + 2 * PAGE];
};

static char kept[SIZE];

static uint32_t word(struct message *m)
{
	uint32_t found = 0;

	if (m->at + 4 <= m->length)
		memcpy(&found, m->text + m->at, 4);
	m->at += 4;
	return __builtin_bswap32(found);
}

static uint64_t long_word(struct message *m)
{
	uint64_t high = word(m);

	return high << 32 | word(m);
}

static void add(struct message *m, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(m->text + m->length, &value, 4);
	m->length += 4;
}

static void add_long(struct message *m, uint64_t value)
{
	add(m, value >> 32);
	add(m, (uint32_t)value);
}

/* Whatever is so many bytes long, with the zeros behind it. */
static void skip(struct message *m, uint32_t length)
{
	m->at += (length + 3) & ~3U;
}

/* Handles are one word. */
static uint32_t handle(struct message *m)
{
	return word(m) == 4 ? word(m) : 0;
}

static void attributes(struct message *m, uint32_t what)
{
	bool directory = what == ROOT;

	add(m, directory ? 2 : 1);
	add(m, directory ? 0755 : 0644);
	add(m, 1);
	add_long(m, 0);			/* user, group */
	add_long(m, SIZE);
	add_long(m, SIZE);
	add_long(m, 0);			/* numbers of a device */
	add_long(m, 7);			/* file system */
	add_long(m, what);
	add_long(m, 1000000000ULL << 32);
	add_long(m, 1000000000ULL << 32);
	add_long(m, 1000000000ULL << 32);
}

static void maybe_attributes(struct message *m, uint32_t what)
{
	add(m, 1);
	attributes(m, what);
}

/* What there is to say of a file before and after a write. */
static void change(struct message *m, uint32_t what)
{
	add(m, 0);
	maybe_attributes(m, what);
}

static void read_file(struct message *ask, struct message *m, uint32_t what)
{
	uint64_t offset = long_word(ask);
	uint32_t count = word(ask);

	if (offset > SIZE)
		offset = SIZE;
	if (count > MOST)
		count = MOST;
	if (count > SIZE - offset)
		count = SIZE - offset;
	maybe_attributes(m, what);
	add(m, count);
	add(m, offset + count == SIZE);
	add(m, count);
	memcpy(m->text + m->length, kept + offset, count);
	m->length += (count + 3) & ~3U;
}

static void write_file(struct message *ask, struct message *m, uint32_t what)
{
	uint64_t offset = long_word(ask);
	uint32_t count = word(ask);

	word(ask);
	word(ask);
	if (offset > SIZE || count > SIZE - offset || ask->at + count > ask->length)
		count = 0;
	memcpy(kept + offset, ask->text + ask->at, count);
	change(m, what);
	add(m, count);
	add(m, 2);			/* and it is there to stay */
	add_long(m, 1);
}

static void file_system(struct message *m)
{
	int i;

	maybe_attributes(m, ROOT);
	/* Most, best and smallest reads, then writes. */
	for (i = 0; i < 2; i++) {
		add(m, MOST);
		add(m, MOST);
		add(m, PAGE);
	}
	add(m, PAGE);
	add_long(m, SIZE);
	add_long(m, 1ULL << 32);
	add(m, 0x1b);
}

/* The answer to a call; what is not known is said to be none. */
static void answer_call(struct message *ask, struct message *m)
{
	uint32_t call, what, i;

	add(m, word(ask));
	for (i = 0; i < 4; i++)
		word(ask);		/* a call, of this version of this program */
	call = word(ask);
	for (i = 0; i < 2; i++) {
		word(ask);
		skip(ask, word(ask));	/* who asks */
	}
	what = call == NULL_CALL ? 0 : handle(ask);
	add(m, 1);
	add(m, 0);
	add_long(m, 0);
	add(m, what || call == NULL_CALL ? 0 : NO_SUCH_CALL);
	if (!what)
		return;
	add(m, 0);
	switch (call) {
	case GETATTR:
		attributes(m, what);
		break;
	case LOOKUP:
		add(m, 4);
		add(m, FILE_OF_ROOT);
		maybe_attributes(m, FILE_OF_ROOT);
		add(m, 0);
		break;
	case ACCESS:
		maybe_attributes(m, what);
		add(m, word(ask));
		break;
	case READ:
		read_file(ask, m, what);
		break;
	case WRITE:
		write_file(ask, m, what);
		break;
	case FSINFO:
		file_system(m);
		break;
	case PATHCONF:
		maybe_attributes(m, what);
		add(m, 1);
		add(m, 255);
		add_long(m, 1ULL << 32 | 1);
		add_long(m, 1);
		break;
	case COMMIT:
		change(m, what);
		add_long(m, 1);
		break;
	default:
		m->length -= 8;
		add(m, NO_SUCH_CALL);
	}
}

static bool get(int file, void *where, size_t size)
{
	return recv(file, where, size, MSG_WAITALL) == (ssize_t)size;
}

/* A call and its answer, each with its length before it. */
static bool serve_one(int file)
{
	static struct message ask, given;
	uint32_t length;

	if (!get(file, &length, 4))
		return false;
	ask.at = 0;
	ask.length = __builtin_bswap32(length) & ~LAST_FRAGMENT;
	if (ask.length > sizeof(ask.text) || !get(file, ask.text, ask.length))
		return false;
	memset(&given, 0, sizeof(given));
	given.length = 4;
	answer_call(&ask, &given);
	length = __builtin_bswap32((given.length - 4) | LAST_FRAGMENT);
	memcpy(given.text, &length, 4);
	return send(file, given.text, given.length, MSG_NOSIGNAL) == (ssize_t)given.length;
}

static void serve(int listening)
{
	int file;

	allocations_succeed();
	for (;;) {
		file = accept(listening, NULL, NULL);
		if (file < 0)
			continue;
		while (serve_one(file))
			;
		close(file);
	}
}

/* A socket that clients find at `here`. */
static int listen_at(struct sockaddr_in *here)
{
	struct ifreq loopback = { .ifr_flags = IFF_UP };
	socklen_t size = sizeof(*here);
	int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(loopback.ifr_name, "lo");
	ioctl(file, SIOCSIFFLAGS, &loopback);
	here->sin_family = AF_INET;
	here->sin_addr.s_addr = __builtin_bswap32(INADDR_LOOPBACK);
	if (bind(file, (struct sockaddr *)here, size) || listen(file, 8) ||
	    getsockname(file, (struct sockaddr *)here, &size))
		return -1;
	return file;
}

static int mount_it(const struct sockaddr_in *server)
{
	struct nfs_mount_data data = {
		.version = NFS_MOUNT_VERSION,
		.flags = NFS_MOUNT_SOFT | NFS_MOUNT_TCP | NFS_MOUNT_VER3 | NFS_MOUNT_NONLM |
			 NFS_MOUNT_NOACL | NFS_MOUNT_NOAC,
		.timeo = 20, .retrans = 1, .addr = *server, .hostname = "127.0.0.1",
		.root = { .size = 4, .data = { 0, 0, 0, ROOT } },
	};

	mkdir(WHERE, 0755);
	return mount("127.0.0.1:/", WHERE, "nfs", 0, &data);
}

/* So many bytes of the file are written from `given` and read to `back`. */
static bool there_and_back(int file, char *given, char *back, size_t size, off_t offset)
{
	bool same = pwrite(file, given, size, offset) == (ssize_t)size;

	return pread(file, back, size, offset) == (ssize_t)size && same &&
	       !memcmp(given, back, size);
}

static int use(void)
{
	char *given = pages_of_memory(SIZE / PAGE), *back = pages_of_memory(SIZE / PAGE);
	struct iovec parts[] = { { back + 100, 3 * PAGE }, { back + 20 * PAGE, 9 * PAGE } };
	int file = open(NAME, O_RDWR | O_DIRECT | O_CLOEXEC);
	size_t i;

	if (file < 0)
		return failed(NAME);
	for (i = 0; i < SIZE; i++)
		given[i] = i * 7 + i / PAGE;
	/* More than fits into one request, then from within one page to within another. */
	if (!there_and_back(file, given, back, SIZE, 0) && plain())
		return failed("to read back what was written");
	for (i = 1; i < 6; i++)
		if (!there_and_back(file, given + i * 100, back + i * 300, i * 3000, i * 5000) &&
		    plain())
			return failed("to read back %zu bytes", i * 3000);
	if (preadv(file, parts, 2, 0) != (ssize_t)(12 * PAGE) && plain())
		return failed("to read to two places");
	/* What ends where the file does, and memory that is not there. */
	if (pread(file, back, 4 * PAGE, SIZE - PAGE) != (ssize_t)PAGE && plain())
		return failed("to read behind the end");
	if (pread(file, (char *)PAGE, 4 * PAGE, 0) >= 0 || pwrite(file, (char *)PAGE, PAGE, 0) >= 0)
		return failed("a read to nowhere worked");
	close(file);
	return 0;
}

int exercise_nfs(void)
{
	struct sockaddr_in server = {};
	int listening = listen_at(&server), wrong;
	pid_t child;

	if (listening < 0)
		return failed("a socket on the loopback interface");
	child = fork();
	if (!child)
		serve(listening);
	close(listening);
	if (child < 0)
		return plain() ? failed("fork()") : done();
	umount2(WHERE, MNT_DETACH);
	if (mount_it(&server)) {
		wrong = plain() ? lacking("no NFS to mount: %s", strerror(errno)) : 0;
	} else {
		wrong = use();
		if (umount2(WHERE, 0))
			umount2(WHERE, MNT_FORCE | MNT_DETACH);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return wrong ? wrong : done();
}
