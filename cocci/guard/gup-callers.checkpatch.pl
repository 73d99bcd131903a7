# SPDX-License-Identifier: GPL-2.0-only
# check for new callers of get_user_pages*() outside of mm/
		if ($realfile !~ m{^(?:mm|tools)/} &&
		    $realfile ne "include/linux/mm.h" &&
		    $line =~ /\b(NAMES)\s*\(/) {
			WARN("TYPE",
			     "New caller of $1() outside of mm/: code that accesses the data of the pages pins them with PIN() or one of its relatives\n" . $herecurr);
		}

