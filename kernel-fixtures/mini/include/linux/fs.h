/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/types.h>

struct file {
	void *private_data;
};

struct inode;

struct file_operations {
	long (*unlocked_ioctl)(struct file *file, unsigned int command, unsigned long argument);
	int (*release)(struct inode *inode, struct file *file);
};

#endif /* _LINUX_FS_H */
