/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <linux/export.h>
#include <linux/types.h>

struct module;
#define THIS_MODULE ((struct module *)0)

#define __module_text(name, text) \
	static const char __module_##name[] \
	__attribute__((__used__, __section__(".modinfo"))) = text
#define MODULE_LICENSE(text) __module_text(license, "license=" text)
#define MODULE_DESCRIPTION(text) __module_text(description, "description=" text)

#endif /* _LINUX_MODULE_H */
