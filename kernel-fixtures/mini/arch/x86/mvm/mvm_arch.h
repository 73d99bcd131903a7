/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MVM_ARCH_H
#define _MVM_ARCH_H

#include <linux/mvm.h>

#define MVM_NR_ROUTES 256

#endif /* _MVM_ARCH_H */
