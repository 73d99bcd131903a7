# SPDX-License-Identifier: GPL-2.0-only
"""Pages in the lists of a cipher request: pinned where nobody may release them from there."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.groups import brief
from tests.analysis.memory import pairing_of

HEADER = """
struct crypto_async_request {
	void *data;
};
struct skcipher_request {
	unsigned int cryptlen;
	u8 *iv;
	struct scatterlist *src;
	struct scatterlist *dst;
	struct crypto_async_request base;
};
static inline void skcipher_request_set_crypt(struct skcipher_request *req,
	struct scatterlist *src, struct scatterlist *dst, unsigned int cryptlen, void *iv)
{
	req->src = src;
	req->dst = dst;
	req->cryptlen = cryptlen;
	req->iv = iv;
}
int crypto_skcipher_encrypt(struct skcipher_request *req);
static inline void skcipher_walk_all(struct skcipher_request *req)
{
	struct scatterlist *sg = req->src;

	sg_virt(sg);
}
"""
DRIVER = """
#include <crypto/skcipher.h>

struct job {
	struct page *pages[4];
	struct scatterlist sg[4];
	struct skcipher_request *req;
};

int job_start(struct job *job, unsigned long start, void *iv)
{
	int i;

	if (get_user_pages_fast(start, 4, FOLL_WRITE, job->pages) != 4)
		return -EFAULT;
	sg_init_table(job->sg, 4);
	for (i = 0; i < 4; i++)
		sg_set_page(&job->sg[i], job->pages[i], PAGE_SIZE, 0);
	CALL(job->req, job->sg, job->sg, 4 * PAGE_SIZE, iv);
	return crypto_skcipher_encrypt(job->req);
}

void job_stop(struct job *job)
{
	release_pages(job->pages, 4);
}
"""
CALL = "skcipher_request_set_crypt"


def group_of(more: str = "", other: str = "", private: str = "", call: str = CALL) -> PinGroup:
    """The group of the driver with `more` behind it, `other` for another file of it, and a header
    of its own."""
    files = {
        "include/crypto/skcipher.h": HEADER,
        "drivers/job/job.h": private,
        "drivers/job/job.c": '#include "job.h"\n' + DRIVER.replace("CALL", call) + more,
        "drivers/job/other.c": other,
        "drivers/far/far.c": (
            "void far_done(struct skcipher_request *req)\n{\n\tput_page(sg_page(req->src));\n}\n"
        ),
    }
    (group,) = pairing_of(files).groups
    return group


def test_pages_in_a_request_are_pinned() -> None:
    group = group_of()
    assert group.gaps == ()
    found = verdict(group, pins_read_only=False)
    assert (found.action, found.rule) == (Action.PIN, "data_written")


def test_the_request_may_go_to_the_api_and_to_the_driver_itself() -> None:
    more = "static int job_more(struct skcipher_request *req)\n{\n\treturn req->cryptlen;\n}\n"
    more += "int job_twice(struct job *job)\n{\n\treturn job_more(job->req);\n}\n"
    assert group_of(more).gaps == ()


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        # It is released by the request, when that is done.
        (
            "static void job_done(struct skcipher_request *req)\n"
            "{\n\tput_page(sg_page(req->src));\n}\n",
            "lent-read-back",
        ),
        (
            "static void job_done(struct crypto_async_request *base)\n{\n"
            "\tstruct skcipher_request *req = container_of(base, struct skcipher_request, base);\n"
            "\tstruct scatterlist *sg = req->dst;\n\n\tput_page(sg_page(sg));\n}\n",
            "lent-read-back",
        ),
        (
            "struct scatterlist *job_list(struct skcipher_request *req)\n"
            "{\n\treturn req->dst;\n}\n",
            "lent-read-back",
        ),
        # Others may do so.
        (
            "void far_done(struct skcipher_request *req);\n"
            "void job_end(struct job *job)\n{\n\tfar_done(job->req);\n}\n",
            "borrower-passed-on",
        ),
        (
            "struct skcipher_request *job_request(struct job *job)\n{\n\treturn job->req;\n}\n",
            "borrower-returned",
        ),
    ],
)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_may_release_them_is_a_gap(more: str, kind: str, elsewhere: bool) -> None:
    head = DRIVER.partition("int job_start")[0]
    group = group_of(other=head + more) if elsewhere else group_of(more)
    assert any(brief(gap).startswith(kind) for gap in group.gaps)


ALIAS = "#define job_set_crypt skcipher_request_set_crypt\n"
OLD = "#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 8, 0)\n#define job_set_crypt old_set_crypt\n"


@pytest.mark.parametrize("private", [ALIAS, f"{OLD}#else\n{ALIAS}#endif\n"])
def test_a_driver_may_call_it_by_a_name_of_its_own(private: str) -> None:
    assert group_of(private=private, call="job_set_crypt").gaps == ()


@pytest.mark.parametrize(
    "private",
    [
        # Two functions, and nobody knows which.
        f"#ifdef JOB_OLD\n#define job_set_crypt old_set_crypt\n#else\n{ALIAS}#endif\n",
        f"{ALIAS}#undef job_set_crypt\n#define job_set_crypt (job_ops->set)\n",
        "#define job_set_crypt job_set_it\n#define job_set_it job_set_crypt\n",
    ],
)
def test_a_name_that_may_mean_something_else_is_a_gap(private: str) -> None:
    assert group_of(private=private, call="job_set_crypt").gaps


def test_a_function_of_the_driver_by_the_name_of_a_macro_is_looked_into() -> None:
    private = f"#ifdef JOB_OLD\n{ALIAS}#else\nstatic inline void job_set_crypt("
    private += "struct skcipher_request *req, struct scatterlist *src, struct scatterlist *dst,\n"
    private += "\tunsigned int len, void *iv)\n{\n\tput_page(sg_page(src));\n}\n#endif\n"
    group = group_of(private=private, call="job_set_crypt")
    assert "put_page" in {release.name for release in group.releases}
