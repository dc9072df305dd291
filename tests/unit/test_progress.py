"""The time left that a scan tells, on a clock of the test's own."""

from __future__ import annotations

import pytest

from whence.cli.progress import SURE, WINDOW, Estimate, told


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Scan:
    """A scan of `total` bytes that goes at some pace (bytes a second), and what is told meanwhile."""

    def __init__(self, total: int) -> None:
        self.clock = Clock()
        self.estimate = Estimate(self.clock)
        self.total = total
        self.done = 0
        self.estimate.work(0, total)

    def go(self, seconds: float, pace: float, step: float = 0.5) -> Scan:
        for _ in range(round(seconds / step)):
            self.clock.now += step
            self.done = min(self.done + round(pace * step), self.total)
            self.estimate.work(self.done, self.total)
        return self

    def check(self, expected: float | None, tolerance: float = 0.05) -> Scan:
        left = self.estimate.left()
        assert left == (expected if expected is None else pytest.approx(expected, rel=tolerance))
        return self


def test_an_even_pace_is_told_exactly() -> None:
    """1,000 bytes a second: what is left is left in as many thousandths of seconds, all the way down."""
    scan = Scan(60_000).go(3, 1000).check(57)
    scan.go(27, 1000).check(30).go(20, 1000).check(10).go(9, 1000).check(1)


def test_nothing_is_told_before_there_is_a_pace() -> None:
    """Neither at the start, nor within the first second, nor when all is done."""
    scan = Scan(10_000).check(None)
    scan.go(SURE / 2, 1000, step=SURE / 4).check(None)
    scan.go(SURE / 2, 1000, step=SURE / 4).check(9)
    scan.go(60, 1000).check(None)


def test_a_new_pace_is_told_soon() -> None:
    """Slow files after quick ones: after one window the quick ones are forgotten."""
    scan = Scan(1_000_000).go(30, 10_000).check(70)
    scan.go(WINDOW / 3, 1000)
    left = scan.estimate.left()
    assert left is not None
    assert 70 < left < 695
    scan.go(WINDOW, 1000).check((700_000 - 1000 * 4 * WINDOW / 3) / 1000, tolerance=0.1)


def test_a_file_that_takes_long_makes_the_rest_longer_never_shorter() -> None:
    """While nothing ends the estimate grows; when that lasts, none is given."""
    scan = Scan(100_000).go(10, 1000).check(90)
    before = 90.0
    for _ in range(5):
        scan.clock.now += 2
        left = scan.estimate.left()
        assert left is not None
        assert left > before
        before = left
    scan.clock.now += WINDOW
    scan.check(None)
    scan.go(2 * WINDOW, 1000).check(60)


def test_one_large_file_counts_as_much_as_it_is() -> None:
    """A hundred small files and then one as large as all of them: half of the work, whatever their number."""
    scan = Scan(200_000)
    for _ in range(100):
        scan.go(0.1, 10_000, step=0.1)
    scan.check(10)


def test_known_files_do_not_count() -> None:
    """All work that is told of is work to be done: with none, there is no time to tell."""
    estimate = Estimate(Clock())
    assert estimate.left() is None
    estimate.work(0, 0)
    assert estimate.left() is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.4, "some seconds left"),
        (7.6, "about 10 s left"),
        (42, "about 40 s left"),
        (100, "about 2 min left"),
        (3000, "about 50 min left"),
    ],
)
def test_it_is_told_as_roughly_as_it_is_known(seconds: float | None, text: str) -> None:
    """Nobody reads 41.7 s."""
    assert told(seconds) == text
