/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H

#define EXPORT_SYMBOL(symbol) \
	extern __typeof__(symbol) symbol; \
	static void *const __ksymtab_##symbol \
	__attribute__((__used__, __section__("__ksymtab"))) = (void *)&symbol
#define EXPORT_SYMBOL_GPL(symbol) EXPORT_SYMBOL(symbol)

#endif /* _LINUX_EXPORT_H */
