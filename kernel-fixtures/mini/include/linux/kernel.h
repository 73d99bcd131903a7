/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KERNEL_H
#define _LINUX_KERNEL_H

#include <linux/errno.h>
#include <linux/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - __builtin_offsetof(type, member)))

#define BUG_ON(condition) do { if (unlikely(condition)) __builtin_trap(); } while (0)
#define WARN_ON(condition) unlikely(!!(condition))
#define WARN_ON_ONCE(condition) WARN_ON(condition)

__attribute__((__format__(__printf__, 1, 2))) int _printk(const char *format, ...);
#define pr_err(format, ...) _printk("3" format, ##__VA_ARGS__)
#define pr_warn(format, ...) _printk("4" format, ##__VA_ARGS__)
#define pr_debug(format, ...) do { if (0) _printk(format, ##__VA_ARGS__); } while (0)

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *at, int value, size_t size);

#endif /* _LINUX_KERNEL_H */
