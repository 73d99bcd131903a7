/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HARBOUR_H
#define HARBOUR_H

#include <linux/ferry.h>

#endif
