// SPDX-License-Identifier: GPL-2.0-only
/* One page is to be there and nobody asks for it: what is left of GUP is the fault. */
#include <linux/mm.h>

void chime_write(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, /* acquire: write */
			&locked);
	if (locked)
		mmap_read_unlock(mm);
}

struct chime {
	struct mm_struct *mm;
	unsigned long address;
	bool ready;
};

void chime_read(struct chime *chime, bool there)
{
	int locked = 1;

	if (there) {
		mmap_read_lock(chime->mm);
		get_user_pages_remote(chime->mm, chime->address + PAGE_SIZE, 1, 0, NULL, NULL, &locked); /* acquire: read */
		if (locked)
			mmap_read_unlock(chime->mm);
		chime->ready = true;
	}
}

/* 1 means something else than 0. */
long chime_told(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;
	long got;

	mmap_read_lock(mm);
	got = get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: told */
	if (locked)
		mmap_read_unlock(mm);
	return got;
}

/* A fault cannot be forced. */
void chime_forced(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 1, FOLL_WRITE | FOLL_FORCE, NULL, NULL, &locked); /* acquire: forced */
	if (locked)
		mmap_read_unlock(mm);
}

void chime_two(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 2, FOLL_WRITE, NULL, NULL, &locked); /* acquire: two */
	if (locked)
		mmap_read_unlock(mm);
}

/* What comes in between takes the lock when it is free. */
void chime_between(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: between */
	chime_told(mm, address);
	if (locked)
		mmap_read_unlock(mm);
}

/* The lock that was dropped is news for somebody. */
int chime_news(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: news */
	if (locked)
		mmap_read_unlock(mm);
	return locked;
}

void chime_else(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: else */
	if (locked)
		mmap_read_unlock(mm);
	else
		chime_write(mm, address);
}

void chime_others(struct mm_struct *mm, struct mm_struct *other, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: others */
	if (locked)
		mmap_read_unlock(other);
}

/* The lock is dropped in the loop, and is not to be had back by who waits for it. */
void chime_while(struct mm_struct *mm, unsigned long address)
{
	int locked = 1;

	mmap_read_lock(mm);
	while (locked)
		get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: while */
}

void chime_again(struct mm_struct *mm, unsigned long address)
{
	int locked = 1, unlocked = 0;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, &locked); /* acquire: again */
	if (locked)
		mmap_read_unlock(mm);
	unlocked++;
}

/* The lock is that of the caller, who wants to know. */
void chime_callers(struct mm_struct *mm, unsigned long address, int *locked)
{
	get_user_pages_remote(mm, address, 1, FOLL_WRITE, NULL, NULL, locked); /* acquire: callers */
	if (*locked)
		mmap_read_unlock(mm);
}
