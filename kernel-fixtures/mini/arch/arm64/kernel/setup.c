// SPDX-License-Identifier: GPL-2.0-only
/* Something to compile for this architecture. */
#include <linux/mm.h>

static const unsigned long page_size __maybe_unused = PAGE_SIZE;
