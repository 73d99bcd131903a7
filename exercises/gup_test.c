// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"

/* As the kernel has it in mm/gup_test.h since 5.11. */
struct gup_test {
	uint64_t get_delta, put_delta, address, size;
	uint32_t pages_a_call, flags, test_flags, which[8];
};

#define PIN_FAST _IOWR('g', 2, struct gup_test)
#define PIN_LONGTERM _IOWR('g', 3, struct gup_test)
#define PIN_BASIC _IOWR('g', 4, struct gup_test)

int exercise_gup_test(void)
{
	static const unsigned long orders[] = { PIN_FAST, PIN_LONGTERM, PIN_BASIC };
	char *memory = pages_of_memory(256);
	int file = open("/sys/kernel/debug/gup_test", O_RDWR | O_CLOEXEC);
	size_t i;

	if (file < 0)
		return lacking("no gup_test");
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct gup_test test = {
			.address = (uintptr_t)memory, .size = 256 * PAGE,
			.pages_a_call = 16, .flags = 1,
		};

		if (ioctl(file, orders[i], &test) && plain())
			return failed("test %zu", i);
	}
	close(file);
	return done();
}
