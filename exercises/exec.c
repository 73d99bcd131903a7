// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"

#define LONG (100 * 1000)

int exercise_exec(void)
{
	char *text = malloc(LONG + 1);
	char *argv[] = { "exec", text, text, NULL };
	int i, code;

	memset(text, 'x', LONG);
	text[LONG] = 0;
	for (i = 0; i < 20; i++) {
		code = run_nothing(argv);
		if (code && plain())
			return failed("a program with long arguments ended with %d", code);
	}
	return done();
}
