// SPDX-License-Identifier: GPL-2.0-only
/* What the virtual machine needs of this architecture; no GUP in here. */
#include <linux/mm.h>
#include <linux/module.h>

#include "mvm_arch.h"

static unsigned int nr_routes __maybe_unused = MVM_NR_ROUTES;

MODULE_LICENSE("GPL");
