# SPDX-License-Identifier: GPL-2.0-only
# `make help` says what there is. Everything that is installed goes into .venv/ or comes from
# Debian; nothing else of the machine is touched.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
TREE ?=
ANEW ?=
PROFILE ?=
ARGS ?=
export KERNELS

# What to look for, and the Debian package that has it. spatch runs the Python parts of rules in
# the library of Debian's own Python, which its package does not ask for.
LIBPYTHON := libpython$(or $(shell /usr/bin/python3 -c \
	'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null),3.11)
TOOLS := git=git gcc=gcc make=make perl=perl spatch=coccinelle \
	/usr/lib/*/$(LIBPYTHON).so.*=$(LIBPYTHON) import:ensurepip=python3-venv
KERNEL_TOOLS := flex=flex bison=bison bc=bc rsync=rsync kmod=kmod cpio=cpio xz=xz-utils \
	/usr/include/libelf.h=libelf-dev /usr/include/openssl/ssl.h=libssl-dev \
	aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu \
	powerpc64le-linux-gnu-gcc=gcc-powerpc64le-linux-gnu \
	powerpc-linux-gnu-gcc=gcc-powerpc-linux-gnu \
	s390x-linux-gnu-gcc=gcc-s390x-linux-gnu \
	arm-linux-gnueabihf-gcc=gcc-arm-linux-gnueabihf \
	sparc64-linux-gnu-gcc=gcc-sparc64-linux-gnu \
	/usr/lib/git-core/git-send-email=git-email /usr/share/perl5/Mail/Address.pm=libmailtools-perl \
	public-inbox-mda=public-inbox public-inbox-httpd=public-inbox \
	/usr/lib/*/perl5/*/DBD/SQLite.pm=libdbd-sqlite3-perl \
	/usr/lib/*/perl5/*/Search/Xapian.pm=libsearch-xapian-perl \
	/usr/share/perl5/Plack.pm=libplack-perl
# Two compile servers on loopback are part of the tests of builds; reuse looks for libmagic. The
# miniature kernel has objects of two other architectures, and some tests compile programs.
TEST_TOOLS := distcc=distcc distccd=distcc cpio=cpio /usr/lib/*/libmagic.so.1=libmagic1 \
	/usr/lib/git-core/git-send-email=git-email /usr/share/perl5/Mail/Address.pm=libmailtools-perl \
	aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu \
	powerpc64le-linux-gnu-gcc=gcc-powerpc64le-linux-gnu /usr/lib/*/libc.a=libc6-dev
# Guests without KVM, and the C library of their only program.
BOOT_TOOLS := qemu-system-x86_64=qemu-system-x86 qemu-system-aarch64=qemu-system-arm \
	/usr/lib/*/libc.a=libc6-dev /usr/aarch64-linux-gnu/lib/libc.a=libc6-dev-arm64-cross ccache=ccache
# Whatever builds: ccache is put before the compiler where it is installed.
WITH_CCACHE := tests/delivery/builds tests/cli/test_build_options.py tests/end_to_end/test_run.py \
	tests/faults/test_bad_input.py tests/faults/test_leftovers.py tests/delivery/proof/scratch/test_named.py
BROWSER_TOOLS := /usr/bin/chromium=chromium /usr/bin/chromedriver=chromium-driver

# Scan, rewrite and build: where programs of the machine do the work.
OTHER_TESTS := tests/analysis/acquires/test_scan.py tests/analysis/acquires/test_spatch.py tests/rewrite \
	tests/delivery/builds tests/fixtures_mini tests/test_setup.py tests/cli/test_doctor.py

.PHONY: help setup demo test lint pytest ccache-test browser-test kernel-setup kernel-test \
	boot-test other-release-test fuzz mutants figures lock clean

help:
	@echo 'make demo               the whole job on the bundled miniature kernel'
	@echo 'make demo TREE=/linux   the same on your kernel checkout, which is only read'
	@echo 'make test               lint, and every test that needs no real kernel'
	@echo 'make ccache-test        those of them that build, with ccache'
	@echo 'make browser-test       the tests of the report in Chromium, without a window'
	@echo 'make kernel-test        the tests on the oldest and the newest kernel that apt has the source'
	@echo '                        of: 6.1 and 6.12 on Debian 12; others with KERNELS="6.12"'
	@echo 'make boot-test          what prove sees of the oldest of these, converted under each profile and booted'
	@echo 'make other-release-test the demo, and the tests of scan, rewrite and build, on Debian 13'
	@echo '                        (on 13: 12), in a folder that debootstrap makes; only as root'
	@echo 'make fuzz               ten minutes of atheris for each of two readers, and 10,000'
	@echo '                        examples of hypothesis for all of them'
	@echo 'make mutants            change the code in 300 places, and see that tests notice'
	@echo 'make figures            which figures in the documents are of older code; to make some anew:'
	@echo '                        ANEW="bench.scan" TREE=/linux, or ANEW=all'
	@echo 'make lint               ruff, ruff format --check, mypy --strict'
	@echo 'make setup              install what is missing: Debian packages, Python packages'
	@echo 'make lock               write requirements.txt anew, with hashes'
	@echo 'make clean              remove what the targets above left in this folder'
	@echo
	@echo 'PROFILE=pin-user-pages  another target API for the demo'
	@echo 'ARGS="-k name"          more arguments for pytest, or for the demo'
	@echo 'PYTHON=python3.12       the Python that .venv/ is made with'

setup:
	@PYTHON=$(PYTHON) scripts/need.sh $(TOOLS:%='%')
	@PYTHON=$(PYTHON) VENV=$(VENV) scripts/venv.sh

demo: setup
	@PROFILE='$(PROFILE)' scripts/demo.sh '$(TREE)' $(ARGS)

lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

test: lint pytest

pytest: setup
	@scripts/need.sh $(TEST_TOOLS:%='%')
	@$(RUN) pytest -n auto --dist loadgroup $(ARGS)

ccache-test: setup
	@scripts/need.sh $(TEST_TOOLS:%='%') ccache=ccache
	@$(RUN) pytest -n auto --dist loadgroup $(WITH_CCACHE) $(ARGS)

browser-test: setup
	@scripts/need.sh $(BROWSER_TOOLS)
	@$(RUN) pytest tests/browser $(ARGS)

kernel-setup: setup
	@scripts/need.sh $(KERNEL_TOOLS:%='%')
	@needs=$$(scripts/kernels.sh --needs) && scripts/need.sh $$needs

kernel-test: kernel-setup
	@kernels=$$(scripts/kernels.sh) && $(RUN) scripts.kernel_tree $$kernels && \
		KERNELS="$$kernels" $(RUN) pytest tests/kernel -o faulthandler_timeout=7200 $(ARGS)

boot-test: kernel-setup
	@scripts/need.sh $(BOOT_TOOLS:%='%')
	@kernels=$$(scripts/kernels.sh) && $(RUN) scripts.kernel_tree $$kernels && \
		KERNELS="$$kernels" $(RUN) pytest tests/boot -o faulthandler_timeout=7200 $(ARGS)

other-release-test:
	@scripts/other_release.sh "make demo && make pytest ARGS='$(or $(ARGS),$(OTHER_TESTS))'"

fuzz: setup
	@$(RUN) pip --disable-pip-version-check -q -q install --require-hashes --no-deps \
		-r requirements-fuzz.txt
	@$(RUN) bench.fuzz --record docs/testing.md $(ARGS)
	@$(RUN) bench.examples --record docs/testing.md
	@$(RUN) pytest tests/faults/test_mangled.py -n auto --hypothesis-profile=long

mutants: setup
	@$(RUN) bench.mutants --record docs/testing.md $(ARGS)

figures: setup
	@$(RUN) bench.figures $(if $(ANEW),--anew $(ANEW)) $(if $(TREE),--trees $(TREE))

lock:
	@PYTHON=$(PYTHON) scripts/lock.sh

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
