#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# kernels.sh [--needs]: the kernels that `make kernel-test` is about on this machine, as "6.1 6.12":
# the oldest and the newest of which apt has Debian's source, or which is installed. With --needs as
# what need.sh takes. $KERNELS chooses others.
set -eu
sources=${SOURCES:-/usr/src}

versions() {
	{
		apt-cache --names-only search '^linux-source-[0-9]+\.[0-9]+$' 2>/dev/null || true
		ls "$sources" 2>/dev/null || true
	} | sed -En 's/^linux-source-([0-9]+\.[0-9]+)( .*|\.tar\.xz)$/\1/p' | sort -uV
}

kernels=${KERNELS:-$(versions | sed -n '1p;$p' | uniq | tr '\n' ' ')}
if [ -z "$kernels" ]; then
	echo "apt has no linux-source-X.Y of Debian here; on Debian: apt-get update" >&2
	exit 1
fi
set -- "${1:-}" $kernels
needs=$1
shift
if [ "$needs" = --needs ]; then
	for version; do
		echo "$sources/linux-source-$version.tar.xz=linux-source-$version"
	done
	exit 0
fi
if [ $# = 1 ] && [ -z "${KERNELS:-}" ]; then
	suite=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}" || true)
	echo "Only Linux $1: a newer one is tested, too, where apt has ${suite:+$suite-}backports" \
		"among its sources." >&2
fi
echo "$*"
