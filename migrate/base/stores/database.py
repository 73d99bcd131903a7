# SPDX-License-Identifier: GPL-2.0-only
"""The only place with SQL: caches of results that can always be computed again."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from migrate.base.errors import Refusal
from migrate.base.files.quarantine import set_aside

SCHEMA = 1
"""To be increased with every change of the tables; a database with another value is set aside."""

TABLES = ("facts", "builds")
_BUSY_SECONDS = 30.0


class Database:
    """The caches of one workspace, usable from several threads.

    A file that is not such a database is set aside and made again, at the start or during a run;
    then `notice` is called with one line. Rows have a checksum; a row that does not match counts as
    missing.
    """

    def __init__(self, path: Path, notice: Callable[[str], None] = lambda _: None) -> None:
        self._path = path
        self._notice = notice
        self._guard = threading.RLock()
        self._connection = self._open()

    def table(self, name: str) -> Table:
        """The cache `name`, one of :data:`TABLES`."""
        if name not in TABLES:
            raise ValueError(f"no table {name}")
        return Table(self, name)

    def close(self) -> None:
        with self._guard:
            self._connection.close()

    def select(self, table: str, key: str) -> str | None:
        """The value of `key`, or None if there is none or its checksum is wrong."""
        sql = f"SELECT value, sum FROM {table} WHERE key = ?"
        for row in self._attempt(sql, [(key,)]):
            value, check = row
            if isinstance(value, str) and check == _check_sum(key, value):
                return value
        return None

    def insert(self, table: str, items: Mapping[str, str]) -> None:
        """Store all of `items` in one transaction."""
        rows = [(key, value, _check_sum(key, value)) for key, value in items.items()]
        self._attempt(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", rows)

    def count(self, table: str) -> int:
        """How many rows `table` has."""
        (count,) = self._attempt(f"SELECT count(*) FROM {table}", [()])[0]
        return int(count)

    def _attempt(self, sql: str, rows: Iterable[tuple[str, ...]]) -> list[tuple[Any, ...]]:
        """Run `sql` for each of `rows`; if the database is damaged, replace it and try once
        more."""
        wanted = list(rows)
        with self._guard:
            try:
                return self._execute(sql, wanted)
            except sqlite3.DatabaseError as error:
                _raise_unless_damage(error, self._path)
                self._connection.close()
                self._connection = self._renew(str(error))
                return self._execute(sql, wanted)

    def _execute(self, sql: str, rows: list[tuple[str, ...]]) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        with self._connection:
            for row in rows:
                found += self._connection.execute(sql, row).fetchall()
        return found

    def _renew(self, why: str) -> sqlite3.Connection:
        """Set the file aside, with the journal files beside it, and start an empty one."""
        kept = set_aside(self._path)
        for extra in ("-wal", "-shm"):
            self._path.with_name(self._path.name + extra).unlink(missing_ok=True)
        self._notice(f"{self._path.name} cannot be used ({why}); set aside as {kept.name}")
        try:
            return self._create()
        except sqlite3.Error as error:
            _raise_unless_damage(error, self._path)
            raise _not_writable(error, self._path) from error

    def _open(self) -> sqlite3.Connection:
        try:
            return self._create()
        except sqlite3.DatabaseError as error:
            _raise_unless_damage(error, self._path)
            return self._renew(str(error))

    def _create(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, check_same_thread=False)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (health,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if health != "ok" or version not in (0, SCHEMA):
                raise sqlite3.DatabaseError(f"schema {version}" if health == "ok" else str(health))
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            for table in TABLES:
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {table}"
                    " (key TEXT PRIMARY KEY, value TEXT NOT NULL, sum TEXT NOT NULL) WITHOUT ROWID"
                )
                connection.execute(f"SELECT key, value, sum FROM {table} LIMIT 1").fetchone()
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
            connection.commit()
        except BaseException:
            connection.close()
            raise
        return connection


class Table:
    """A cache from text to text. A missing value is simply computed again."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def get(self, key: str) -> str | None:
        return self._database.select(self._name, key)

    def put(self, key: str, value: str) -> None:
        self._database.insert(self._name, {key: value})

    def __len__(self) -> int:
        return self._database.count(self._name)


def _check_sum(key: str, value: str) -> str:
    text = f"{len(key)}\0{key}\0{value}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:24]


def _not_writable(error: sqlite3.Error, path: Path) -> Refusal:
    return Refusal(
        f"{path.parent} cannot be written: {error}.",
        "Make room there, or give another place with --workspace DIR, and run again.",
    )


def _raise_unless_damage(error: sqlite3.Error, path: Path) -> None:
    """Return if a new file would help; raise for every other error."""
    text = str(error)
    # A full disk causes an I/O error where SQLite maps a file into memory.
    name = getattr(error, "sqlite_errorname", "")
    writing = name.startswith("SQLITE_IOERR") and not name.endswith("READ")
    if writing or "disk is full" in text or "readonly" in text or "unable to open" in text:
        raise _not_writable(error, path) from error
    if "locked" in text:
        raise Refusal(
            f"{path} is held by another program.",
            "Close whatever has it open, and run again.",
        ) from error
