// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only program of the guest of gup-migrate prove: init. It runs the exercises
 * that guest_exercises.h lists, and prints how they went and the table of pins.
 */
#include "exercise.h"
#include <signal.h>
#include <stdarg.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#define DEBUG "/sys/kernel/debug/"
#define TABLE DEBUG "gup_prove"
#define NOTHING "nothing"
#define SETTLE_SECONDS 10

struct exercise {
	const char *name;
	int (*run)(void);
	int seconds;
};

#define EXERCISE(name, seconds) int exercise_##name(void);
#include "guest_exercises.h"
#undef EXERCISE

static const struct exercise exercises[] = {
#define EXERCISE(name, seconds) { #name, exercise_##name, seconds },
#include "guest_exercises.h"
#undef EXERCISE
	{ NULL, NULL, 0 }
};

static const char *const passes[][2] = {
	{ "plain", "short 0" }, { "short", "short 2" }, { "fail", "fail 3" },
	{ "memory", "short 0" },
};
#define MEMORY 3

/* Of so many allocations that the exercises make one fails, time after time. */
static const char *const failing[] = { "7", "41", "199" };

static int pass;
static int answer = -1;

/* One line, in one write: the kernel writes to the same console. */
static void say(const char *format, ...)
{
	char line[1024];
	va_list arguments;
	int length, ignored;

	length = snprintf(line, sizeof(line), "gup-prove: ");
	va_start(arguments, format);
	length += vsnprintf(line + length, sizeof(line) - length - 2, format, arguments);
	va_end(arguments);
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	ignored = write(1, line, length);
	(void)ignored;
}

static int answered(const char *what, int error, const char *format, va_list arguments)
{
	char text[400];
	int length, ignored;

	length = snprintf(text, sizeof(text), "%s ", what);
	length += vsnprintf(text + length, sizeof(text) - length, format, arguments);
	if (length > (int)sizeof(text) - 1)
		length = sizeof(text) - 1;
	if (error)
		snprintf(text + length, sizeof(text) - length, ": %s", strerror(error));
	ignored = write(answer, text, strlen(text) + 1);
	(void)ignored;
	return 1;
}

int done(void)
{
	int ignored = write(answer, "done", 5);

	(void)ignored;
	return 0;
}

int failed(const char *format, ...)
{
	va_list arguments;
	int error = errno;

	va_start(arguments, format);
	answered("failed", error, format, arguments);
	va_end(arguments);
	return 1;
}

int lacking(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	answered("lacking", 0, format, arguments);
	va_end(arguments);
	return 2;
}

bool plain(void)
{
	return pass == 0;
}

void allocations_succeed(void)
{
	int attempts = 1000;

	/* Until then, to open a file may fail for the same reason. */
	while (put_text("/proc/self/make-it-fail", "0") && errno == ENOMEM && --attempts)
		;
}

char *pages_of_memory(size_t count)
{
	char *found = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (found == MAP_FAILED)
		_exit(failed("mmap() of %zu pages", count));
	return found;
}

int put_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC), error;
	ssize_t written;

	if (file < 0)
		return -1;
	written = write(file, text, strlen(text));
	error = errno;
	close(file);
	errno = error;
	return written == (ssize_t)strlen(text) ? 0 : -1;
}

int run_nothing(char *const argv[])
{
	char *const environment[] = { NOTHING "=1", NULL };
	pid_t child = fork();
	int status;

	if (!child) {
		execve("/init", argv, environment);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Whether `child` has ended within `seconds`. */
static bool ends(pid_t child, double seconds)
{
	double until = now() + seconds;

	do {
		if (waitpid(child, NULL, WNOHANG) == child)
			return true;
		usleep(20000);
	} while (now() < until);
	return false;
}

/* Run one exercise in a session of its own, and end it and its children. */
static void exercise(const struct exercise *one)
{
	char text[500] = "failed it died";
	int ends_of_pipe[2];
	double start = now();
	ssize_t length;
	pid_t child;

	say("start %s", one->name);
	/* The same pins of each exercise are short, or fail, whatever ran before. */
	put_text(TABLE, passes[pass][1]);
	if (pipe2(ends_of_pipe, O_CLOEXEC | O_NONBLOCK)) {
		say("end %s 0 failed pipe", one->name);
		return;
	}
	child = fork();
	if (!child) {
		setsid();
		answer = ends_of_pipe[1];
		/* For its children, too. */
		put_text("/proc/self/make-it-fail", pass == MEMORY ? "1" : "0");
		errno = 0;
		_exit(one->run());
	}
	close(ends_of_pipe[1]);
	if (!ends(child, one->seconds)) {
		snprintf(text, sizeof(text), "late");
		kill(-child, SIGKILL);
		kill(child, SIGKILL);
		ends(child, 5);
	} else {
		length = read(ends_of_pipe[0], text, sizeof(text) - 1);
		if (length > 0)
			text[length] = 0;
		kill(-child, SIGKILL);
	}
	close(ends_of_pipe[0]);
	reap();
	say("end %s %.1f %s", one->name, now() - start, text);
}

/* The table; NULL when there is none. */
static char *table(void)
{
	static char text[1 << 20];
	int file = open(TABLE, O_RDONLY | O_CLOEXEC);
	ssize_t length, whole = 0;

	if (file < 0)
		return NULL;
	while ((length = read(file, text + whole, sizeof(text) - 1 - whole)) > 0)
		whole += length;
	close(file);
	text[whole] = 0;
	return text;
}

/*
 * Have one of so many allocations of the exercises fail, or none for NULL; false
 * where this kernel cannot. Pages of user space are not among them: the kernel would
 * end processes.
 */
static bool allocations_fail(const char *interval)
{
	static const char *const which[] = { "failslab/", "fail_page_alloc/" };
	static const char *const values[][2] = {
		{ "task-filter", "Y" }, { "ignore-gfp-wait", "N" }, { "min-order", "0" },
		{ "verbose", "0" }, { "space", "0" }, { "times", "-1" },
	};
	char path[128];
	bool found = false;
	size_t i, n;

	for (i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		for (n = 0; n < sizeof(values) / sizeof(values[0]); n++) {
			snprintf(path, sizeof(path), DEBUG "%s%s", which[i], values[n][0]);
			put_text(path, values[n][1]);
		}
		snprintf(path, sizeof(path), DEBUG "%sinterval", which[i]);
		put_text(path, interval ? interval : "1");
		snprintf(path, sizeof(path), DEBUG "%sprobability", which[i]);
		found |= !put_text(path, interval ? "100" : "0");
	}
	return found;
}

/*
 * What works in the background gives its pins back a little later: wait while it
 * does so.
 */
static void settle(void)
{
	double end = now() + SETTLE_SECONDS;

	while (now() < end) {
		char *text = table();

		if (!text || strstr(text, "\nSUM 0 "))
			return;
		reap();
		usleep(200000);
	}
}

static void show(const char *name)
{
	char *text, *line, *rest, tainted[32] = "?";
	int file, lines = 0;
	ssize_t length;

	klogctl(8, NULL, 1);
	text = table();
	if (!text)
		say("no " TABLE);
	say("table %s", name);
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		say("| %s", line);
		lines++;
	}
	file = open("/proc/sys/kernel/tainted", O_RDONLY);
	length = file < 0 ? 0 : read(file, tainted, sizeof(tainted) - 1);
	if (length > 0)
		tainted[length - 1] = 0;
	close(file);
	say("over %s %d tainted %s", name, lines, tainted);
	klogctl(8, NULL, 5);
}

static void run_all(void)
{
	const struct exercise *one;

	for (one = exercises; one->name; one++)
		exercise(one);
}

static void run_pass(void)
{
	size_t i;

	if (put_text(TABLE, passes[pass][1]))
		say("no " TABLE);
	say("pass %s", passes[pass][0]);
	if (pass != MEMORY)
		run_all();
	for (i = 0; pass == MEMORY && i < sizeof(failing) / sizeof(failing[0]); i++)
		if (allocations_fail(failing[i]))
			run_all();
	put_text(TABLE, "short 0");
	put_text(TABLE, "fail 0");
	allocations_fail(NULL);
	settle();
	show(passes[pass][0]);
}

static void mounted(const char *kind, const char *where)
{
	mkdir(where, 0755);
	mount(kind, where, kind, 0, NULL);
}

int main(int argc, char **argv)
{
	struct utsname name;
	int count = sizeof(passes) / sizeof(passes[0]);

	if (getpid() != 1 || getenv(NOTHING))
		return 0;
	mounted("proc", "/proc");
	mounted("sysfs", "/sys");
	mounted("devtmpfs", "/dev");
	mounted("debugfs", "/sys/kernel/debug");
	mounted("tracefs", "/sys/kernel/tracing");
	mounted("securityfs", "/sys/kernel/security");
	mounted("tmpfs", "/tmp");
	uname(&name);
	say("begin %s", name.release);
	/* The kernel hands over what it does not know itself. */
	if (argc < 2 || strcmp(argv[1], "answer")) {
		put_text("/proc/sys/vm/nr_hugepages", "8");
		for (pass = 0; pass < count; pass++)
			run_pass();
		put_text(TABLE, "places 1");
		show("places");
		say("finished");
	}
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}
