// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"

/* In learning mode each new name of a program is noted with its arguments. */
int exercise_tomoyo(void)
{
	char name[32], *argv[] = { name, "one", "two", NULL };
	int i;

	if (access("/sys/kernel/security/tomoyo/profile", R_OK))
		return lacking("TOMOYO is not at work");
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "learned-%d", i % 10);
		if (run_nothing(argv) && plain())
			return failed("a program that is learned");
	}
	return done();
}
