"""Threads for slow work: in order, never blocking one another beyond their lane, never keeping the process alive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from whence.errors import Cancelled
from whence.lsp.workers import Lane, Token


@pytest.fixture
def lane() -> Iterator[Callable[[int], Lane]]:
    """Lanes of a width, whose threads are gone when the test is over."""
    lanes: list[Lane] = []

    def made(width: int) -> Lane:
        lanes.append(Lane("test", width))
        return lanes[-1]

    yield made
    for one in lanes:
        one.close()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 20))


def test_a_narrow_lane_keeps_order_and_a_wide_one_runs_side_by_side(lane: Callable[[int], Lane]) -> None:
    """One thread works in order; four meet at a barrier that only four at once can pass."""

    async def work() -> tuple[list[int], list[int]]:
        narrow, wide, barrier = lane(1), lane(4), threading.Barrier(4, timeout=10)
        order: list[int] = []
        await asyncio.gather(*(narrow.run(order.append, number) for number in range(50)))
        for _ in range(3):  # threads are used again, and still four at a time
            met = await asyncio.gather(*(wide.run(barrier.wait) for _ in range(4)))
        return order, sorted(met)

    assert run(work()) == (list(range(50)), [0, 1, 2, 3])


def test_a_job_that_is_cancelled_in_the_queue_never_runs(lane: Callable[[int], Lane]) -> None:
    """Work that nobody waits for any more is not begun."""

    async def work() -> list[str]:
        narrow, gate, done = lane(1), threading.Event(), list[str]()
        first = narrow.run(gate.wait, 10)
        second = narrow.run(done.append, "second")
        third = narrow.run(done.append, "third")
        second.cancel()
        gate.set()
        await asyncio.gather(first, third)
        return done

    assert run(work()) == ["third"]


def test_a_closed_lane_finishes_its_work_and_leaves_no_thread() -> None:
    """Whoever comes after a server in the same process forks no process with its idle threads."""

    async def work() -> list[str]:
        closing, barrier, done = Lane("closing", 2), threading.Barrier(2, timeout=10), list[str]()
        met = [closing.run(barrier.wait) for _ in range(2)]
        last = closing.run(done.append, "last")
        closing.close()
        await asyncio.gather(*met, last)
        return done

    assert run(work()) == ["last"]
    for thread in threading.enumerate():
        if thread.name.startswith("whence-closing"):
            thread.join(10)
            assert not thread.is_alive()


def test_what_is_asked_of_a_closed_lane_is_cancelled_at_once() -> None:
    """A message that arrives while the server leaves must not keep it."""

    async def work() -> bool:
        closing = Lane("closing", 1)
        await closing.run(int)
        closing.close()
        return closing.run(int).cancelled()

    assert run(work())


def test_failures_reach_whoever_waits(lane: Callable[[int], Lane]) -> None:
    """Every kind of failure comes out of the future, and the thread goes on."""

    async def work() -> int:
        narrow = lane(1)
        for error in (ValueError("😀"), Cancelled()):
            with pytest.raises(type(error)):
                await narrow.run(_raise, error)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await narrow.run(_raise, StopIteration())
        return await narrow.run(int, "7")

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
