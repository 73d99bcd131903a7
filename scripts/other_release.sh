#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# other_release.sh [COMMAND]: what CI runs on this release of Debian, on another one as well.
#
# COMMAND is a line for the shell, run at the top of a copy of the project on $RELEASE (on Debian
# 12: trixie; on 13: bookworm) from $MIRROR, which is the one that apt has here. That release lies
# in a folder which debootstrap makes, below $XDG_CACHE_HOME/gup-migrate/releases; it is kept, made
# anew after 30 days, and safe to delete while nothing runs there. Where that is not possible the
# last line says "Skipped: " and why. What runs there sees its own mounts and processes only.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
command=${1:-make demo}

skip() {
	echo "Skipped: $1"
	exit 0
}

this=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
case $this in
bookworm) release=${RELEASE:-trixie} ;;
trixie) release=${RELEASE:-bookworm} ;;
*) release=${RELEASE:-} ;;
esac
[ -n "$release" ] || skip "this is no Debian 12 or 13; RELEASE and MIRROR choose one"
[ "$(id -u)" = 0 ] || skip "only root can make a folder with $release in it"
unshare --mount --pid --fork true 2>/dev/null || skip "no mounts of our own are possible here"
"$here/scripts/need.sh" debootstrap=debootstrap || skip "debootstrap cannot be installed"
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
	'Origin: Debian' "Codename: $this" | head -n 1)}
[ -n "$mirror" ] || skip "apt has no mirror of Debian here"

releases=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gup-migrate/releases
root=$releases/$release
mkdir -p "$releases"
exec 9> "$releases/$release.lock"
flock 9

# inside COMMAND...: run it in $root, which nothing of stays mounted.
inside() {
	set -- chroot "$root" "$@"
	set -- HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
	# How pip and apt get out of here is a matter of this machine.
	while IFS= read -r setting; do
		set -- "$setting" "$@"
	done <<-SETTINGS
		$(env | grep -E '^(PIP_[A-Z_]+|[a-zA-Z]+_(proxy|PROXY))=' || echo GUP_MIGRATE=1)
	SETTINGS
	root=$root unshare --mount --propagation private --pid --fork --kill-child sh -c '
		mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && exec env -i "$@"' \
		sh "$@" 9>&-
}

# outside FILE...: have it there as it is here, or not at all.
outside() {
	for file; do
		rm -f "$root$file"
		[ ! -e "$file" ] || install -D -m 644 "$file" "$root$file"
	done
}

make_release() {
	echo "Making a folder with $release in it: $root"
	rm -rf --one-file-system "$root" "$releases/$release.whole"
	if ! debootstrap --variant=minbase "$release" "$root" "$mirror" > "$releases/log" 2>&1; then
		tail -n 3 "$releases/log"
		skip "debootstrap of $release failed; the rest of its log is in $releases/log"
	fi
	apt-config dump Acquire > "$root/etc/apt/apt.conf.d/90outside"
	outside /etc/resolv.conf
	inside sh -c 'apt-get -q update &&
		DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install \
			ca-certificates git make python3' > "$releases/log" 2>&1 || {
		tail -n 3 "$releases/log"
		skip "apt does not work in $release; the rest of its log is in $releases/log"
	}
	touch "$releases/$release.whole"
}

whole=$(find "$releases" -maxdepth 1 -name "$release.whole" -mtime -30)
[ -n "$whole" ] || make_release
outside /etc/resolv.conf /etc/pip.conf /etc/ssl/certs/ca-certificates.crt

# The files of the project as they are here now; what was installed for it there stays.
copy=$root/srv/gup-migrate
mkdir -p "$copy"
find "$copy" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
git -C "$here" -c safe.directory='*' ls-files -z | (cd "$here" && tar --null -T - -cf -) |
	tar -C "$copy" --no-same-owner -xf -
inside sh -c 'cd /srv/gup-migrate && git init -q -b main && git add -A -f &&
	git -c user.name=CI -c user.email=ci@example.org commit -q -m "Copy the project"'

name=$(. "$root/etc/os-release" && echo "$PRETTY_NAME")
echo "== $name: $command"
inside sh -c "cd /srv/gup-migrate && $command"
