/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/types.h>

struct device {
	void *driver_data;
};

__attribute__((__format__(__printf__, 2, 3)))
void dev_err(const struct device *dev, const char *format, ...);

#endif /* _LINUX_DEVICE_H */
