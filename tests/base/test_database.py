# SPDX-License-Identifier: GPL-2.0-only
"""The caches: what goes in comes out, and a damaged file costs only its contents."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.base.stores.database import SCHEMA, Database


def test_values_come_back_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    database = Database(path)
    database.table("facts").put("a", "1")
    database.insert("facts", {"b": "2", "c": "xü"})
    database.close()
    facts = Database(path).table("facts")
    assert [facts.get(k) for k in "abcd"] == ["1", "2", "xü", None]
    assert len(facts) == 3


def test_a_value_can_be_replaced(tmp_path: Path) -> None:
    builds = Database(tmp_path / "s").table("builds")
    builds.put("k", "old")
    builds.put("k", "new")
    assert builds.get("k") == "new"
    assert len(builds) == 1


def test_tables_are_apart(tmp_path: Path) -> None:
    database = Database(tmp_path / "s")
    database.table("facts").put("k", "fact")
    assert database.table("builds").get("k") is None


def test_an_unknown_table_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no table"):
        Database(tmp_path / "s").table("users; DROP TABLE facts")


@pytest.mark.parametrize("garbage", [b"", b"not a database at all", b"SQLite format 3\0" * 300])
def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "state.sqlite"
    path.write_bytes(garbage)
    said: list[str] = []
    database = Database(path, said.append)
    database.table("facts").put("k", "v")
    assert database.table("facts").get("k") == "v"
    if garbage:
        assert (tmp_path / "state.sqlite.damaged-1").read_bytes() == garbage
        assert "state.sqlite.damaged-1" in said[0]


def test_damage_in_the_middle_of_a_run_is_survived(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    said: list[str] = []
    database = Database(path, said.append)
    database.insert("facts", {f"key {n}": "value " * 200 for n in range(200)})
    database.select("facts", "key 1")
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    size = path.stat().st_size
    with path.open("r+b") as handle:
        handle.seek(100)
        handle.write(b"\xff" * (size - 100))
    reopened = Database(path, said.append)
    assert reopened.table("facts").get("key 7") is None
    reopened.table("facts").put("key 7", "again")
    assert reopened.table("facts").get("key 7") == "again"
    assert len(said) == 1


def test_a_changed_value_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    Database(path).table("builds").put("k", "failed")
    with sqlite3.connect(path) as other:
        other.execute("UPDATE builds SET value = 'built'")
    other.close()
    assert Database(path).table("builds").get("k") is None


def test_another_schema_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    Database(path).table("facts").put("k", "v")
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    other.close()
    said: list[str] = []
    assert Database(path, said.append).table("facts").get("k") is None
    assert f"schema {SCHEMA + 1}" in said[0]


def test_many_threads_may_write(tmp_path: Path) -> None:
    facts = Database(tmp_path / "s").table("facts")
    threads = [
        threading.Thread(target=lambda n=n: [facts.put(f"{n}/{i}", str(i)) for i in range(20)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(facts) == 80


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    database = Database(tmp_path / "s")
    database._connection.execute("PRAGMA max_page_count = 8")
    with pytest.raises(Refusal) as refused:
        database.table("facts").put("k", "v" * 1_000_000)
    assert "full" in refused.value.what
    assert "--workspace" in refused.value.next_step
