# SPDX-License-Identifier: GPL-2.0-only
"""`python -m migrate` is `gup-migrate`."""

from __future__ import annotations

from migrate.cli.main import main

if __name__ == "__main__":
    main()
