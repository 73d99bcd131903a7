/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KCONFIG_H
#define _LINUX_KCONFIG_H

/* Included in front of every object. */
#include <autoconf.h>

#endif /* _LINUX_KCONFIG_H */
