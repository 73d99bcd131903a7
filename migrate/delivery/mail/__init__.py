# SPDX-License-Identifier: GPL-2.0-only
"""From a branch to series of mails, one for each set of maintainers."""
