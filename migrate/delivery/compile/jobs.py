# SPDX-License-Identifier: GPL-2.0-only
"""Several makes that share a number of jobs through GNU make's job server."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class JobServer:
    """`flags` goes into MAKEFLAGS, `descriptors` have to be open in make."""

    flags: str
    descriptors: tuple[int, int]


def run_parallel(work: Callable[[T, JobServer], R], items: Sequence[T], jobs: int) -> list[R]:
    """`work` for each of `items`, results in their order, with `jobs` compilers in total.

    Every make has one job of its own and takes the others from a pipe; a thread without further
    items returns its own job to the pipe, so that the last make gets all of them.
    """
    lanes = min(max(1, jobs), len(items))
    if not lanes:
        return []
    reader, writer = os.pipe()
    server = JobServer(f" -j{jobs} --jobserver-auth={reader},{writer}", (reader, writer))
    waiting = deque(enumerate(items))
    results: dict[int, R] = {}

    def lane() -> None:
        try:
            while waiting:
                number, item = waiting.popleft()
                results[number] = work(item, server)
        except BaseException:
            waiting.clear()
            raise
        finally:
            os.write(writer, b"+")

    try:
        os.write(writer, b"+" * (jobs - lanes))
        with ThreadPoolExecutor(lanes) as pool:
            for future in [pool.submit(lane) for _ in range(lanes)]:
                future.result()
    finally:
        os.close(reader)
        os.close(writer)
    return [results[number] for number in range(len(items))]
