"""Present lines keep their committed origin through edits, moves and re-indenting, and never gain one by chance."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whence.linemap import line_map
from whence.text import normal

HEAD = [f"    value_{k} = compute_something({k}, limit={k * 7})" for k in range(12)]


def check(present: list[str], expected: list[int], head: list[str] | None = None) -> None:
    assert list(line_map(tuple(HEAD if head is None else head), tuple(present))) == expected


def test_unchanged_text_maps_to_itself() -> None:
    """The common case costs nothing and is exact."""
    check(HEAD, list(range(1, 13)))


def test_inserted_and_deleted_lines() -> None:
    """New lines map to nothing, the others keep their numbers."""
    check(["new()", *HEAD[:3], *HEAD[5:], "end()"], [0, 1, 2, 3, *range(6, 13), 0])


def test_reindented_lines_keep_their_origin() -> None:
    """White space is not text."""
    check(["\t" + line.strip() for line in HEAD], list(range(1, 13)))


def test_a_long_block_moved_against_the_order_keeps_its_origin() -> None:
    """Four long lines moved to the end are still those lines."""
    check([*HEAD[4:], *HEAD[:4]], [*range(5, 13), 1, 2, 3, 4])


def test_a_short_line_that_turns_up_elsewhere_is_new() -> None:
    """A moved closer or `pass` proves nothing."""
    head = ["def a():", "    pass", *HEAD]
    check([*HEAD, "    pass"], [*range(3, 15), 0], head)


def test_one_changed_character_loses_the_line() -> None:
    """A changed line has no committed origin."""
    changed = [*HEAD]
    changed[3] = changed[3].replace("3", "4", 1)
    check(changed, [1, 2, 3, 0, *range(5, 13)])


def test_of_two_copies_the_lower_one_is_new() -> None:
    """A function is copied below itself at the end, and something above is edited: the copy gets none of its lines."""
    head = ["import a", "import z", "", *HEAD[:7], "    return values"]
    copied = ["import b", *head[1:], "", *head[3:]]
    check(copied, [0, *range(2, 12), *[0] * 9], head)
    # Two copies of it are as new as one, also where lines of ours stand in between.
    check([*copied, "", *head[3:]], [0, *range(2, 12), *[0] * 18], head)
    check(["import b", *head[1:], "x()", *head[3:]], [0, *range(2, 12), *[0] * 9], head)


def test_a_block_does_not_slide_over_what_went_away() -> None:
    """Lines that came in place of others stand where those stood."""
    head = ["a()", "x()", "b()", "end()"]
    check(["A()", "a()", "y()", "b()", "end()"], [0, 1, 0, 3, 4], head)
    check(["A()", "a()", "b()", "y()", "b()", "end()"], [0, 1, 0, 0, 3, 4], head)


@given(st.lists(st.sampled_from("abcdef "), max_size=30), st.lists(st.sampled_from("abcdef "), max_size=30))
def test_every_mapped_line_is_the_same_text_and_used_once(head: list[str], present: list[str]) -> None:
    """A mapping never pairs different text and never uses a line twice."""
    mapping = line_map(tuple(head), tuple(present))
    used = [number for number in mapping if number]
    assert len(mapping) == len(present)
    assert len(used) == len(set(used))
    assert all(normal(head[n - 1]) == normal(present[i]) for i, n in enumerate(mapping) if n)
