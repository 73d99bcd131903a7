/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Macros of the kernel's headers that stand before a block, for spatch's
 * --macro-file: it takes a name like list_for_each_entry() for a loop by
 * itself, and fails on a function with one of these.
 */
#define scoped_guard			YACFE_ITERATOR
#define scoped_cond_guard		YACFE_ITERATOR
#define scoped_class			YACFE_ITERATOR
#define scoped_ksimd			YACFE_ITERATOR
#define scoped_seqlock_read		YACFE_ITERATOR
#define scoped_user_read_access		YACFE_ITERATOR
#define scoped_user_write_access	YACFE_ITERATOR
#define scoped_user_rw_access		YACFE_ITERATOR
