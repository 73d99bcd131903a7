#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Shows what would be sent, to whom. With --really-send it is sent, after asking for each mail.
# Further arguments go to git send-email.
set -eu
cd "$(dirname "$0")"

if [ "${1-}" = --really-send ]; then
	shift
	if [ -e SENT ]; then
		echo "send.sh: this series has been sent already ($(head -n 1 SENT))." >&2
		echo "send.sh: to send it once more all the same, remove $PWD/SENT." >&2
		exit 1
	fi
	if [ -e HOLD ]; then
		sed 's/^/send.sh: not sent: /' HOLD >&2
		echo "send.sh: to send it all the same, remove $PWD/HOLD." >&2
		exit 1
	fi
	# Before the first mail: half a series that is sent again is worse than half a series.
	LC_ALL=C date > SENT
	mode=--confirm=always
else
	echo "send.sh: nothing is sent; to send: sh send.sh --really-send" >&2
	mode='--dry-run --confirm=never'
fi

# Who signed the patches off sends them, whatever the git of this folder thinks.
GIT_AUTHOR_NAME=$(sed -n 1p author.txt)
GIT_AUTHOR_EMAIL=$(sed -n 2p author.txt)
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

# The mails carry their own recipients, ids and threading; nothing is added to them.
# shellcheck disable=SC2086
exec git -c sendemail.tocmd=true -c sendemail.cccmd=true send-email $mode \
	--no-format-patch --no-thread --no-annotate --no-to --no-cc --no-to-cover --no-cc-cover \
	--suppress-cc=author --suppress-cc=self --suppress-cc=body --8bit-encoding=UTF-8 \
	"$@" ./*.patch
