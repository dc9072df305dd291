"""Threads for slow work: in order, never blocking one another beyond their lane, never keeping the process alive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from whence.errors import Cancelled
from whence.lsp.workers import Lane, Token


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 20))


def test_a_narrow_lane_keeps_order_and_a_wide_one_runs_side_by_side() -> None:
    """One thread works in order; four meet at a barrier that only four at once can pass."""

    async def work() -> tuple[list[int], list[int]]:
        narrow, wide, barrier = Lane("narrow", 1), Lane("wide", 4), threading.Barrier(4, timeout=10)
        order: list[int] = []
        await asyncio.gather(*(narrow.run(order.append, number) for number in range(50)))
        for _ in range(3):  # threads are used again, and still four at a time
            met = await asyncio.gather(*(wide.run(barrier.wait) for _ in range(4)))
        return order, sorted(met)

    assert run(work()) == (list(range(50)), [0, 1, 2, 3])


def test_a_job_that_is_cancelled_in_the_queue_never_runs() -> None:
    """Work that nobody waits for any more is not begun."""

    async def work() -> list[str]:
        lane, gate, done = Lane("lane", 1), threading.Event(), []
        first = lane.run(gate.wait, 10)
        second = lane.run(done.append, "second")
        third = lane.run(done.append, "third")
        second.cancel()
        gate.set()
        await asyncio.gather(first, third)
        return done

    assert run(work()) == ["third"]


def test_failures_reach_whoever_waits() -> None:
    """Every kind of failure comes out of the future, and the thread goes on."""

    async def work() -> int:
        lane = Lane("lane", 1)
        for error in (ValueError("😀"), Cancelled()):
            with pytest.raises(type(error)):
                await lane.run(_raise, error)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await lane.run(_raise, StopIteration())
        return await lane.run(int, "7")

    assert run(work()) == 7


def _raise(error: BaseException) -> None:
    raise error


def test_a_token_stops_work_from_the_loop() -> None:
    """Work in a thread sees that the user took it back."""
    token = Token()
    token.check()
    token.cancel()
    with pytest.raises(Cancelled):
        token.check()
