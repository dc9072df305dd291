"""TOML from strangers: read in little time, or refused with one kind of error and its place."""

from __future__ import annotations

import time
import tomllib

import pytest

from whence import toml

DEEP = {
    "dotted key": ("a = 1\n" + ".".join(["a"] * 50_000) + " = 1\n", "line 2, column 1"),
    "quoted parts": (".".join(['"a b"'] * 50_000) + " = 1\n", "line 1, column 1"),
    "header": ("[" + ".".join(["a"] * 5_000) + "]\n", "line 1, column 2"),
    "inline key": ("x = {" + ".".join(["a"] * 50_000) + " = 1}\n", "line 1, column 6"),
    "inline tables": ("x = " + "{a = " * 5_000 + "1" + "}" * 5_000, "line 1, column 1"),
    "lists": ("x = " + "[" * 100_000 + "]" * 100_000, "line 1, column 1"),
    "a hundred lists": ("x = " + "[" * 100 + "]" * 100, "line 1, column 1"),
}


@pytest.mark.parametrize(("text", "place"), DEEP.values(), ids=DEEP)
def test_what_is_too_deep_is_refused_at_once(text: str, place: str) -> None:
    """However it is spelled; counted in processor time, with room to spare."""
    before = time.process_time()
    with pytest.raises(tomllib.TOMLDecodeError, match=f"Nested too deeply .*{place}"):
        toml.loads(text)
    assert time.process_time() - before < 3


@pytest.mark.parametrize("number", ["9" * 6_000, "0x" + "f" * 6_000, "1." + "9" * 6_000, "1_" * 3_000 + "1"])
def test_a_number_that_no_program_can_show_is_refused(number: str) -> None:
    """Python raises another error for it, here or when it is shown."""
    with pytest.raises(tomllib.TOMLDecodeError, match="This number is too long"):
        toml.loads(f"x = {number}\n")


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c = [[1, [2]], {d.e = 'f'}]\n['x'.\"y\"]\nz = 0x10\n",
        "x = '" + "a." * 40 + "'\n",
        "x = '" + "word " * 200_000 + "'\n",
        'x = "' + "Really. " * 100 + '"\n',
        'x = "' + '\\"a\\". ' * 100 + '"\n',
        'x = """\n' + "Really. 'so'. " * 100 + '"""\n',
        "x = '" + "f" * 5_000 + "' # " + "a." * 100 + "\n",
        "x = 1 # it's\ny = '''\n" + "a. " * 100 + "'''\n#",
        'x = """\n' + '"a" ' * 100_000 + '"""\n',
    ],
)
def test_everything_else_is_read_as_tomllib_reads_it(text: str) -> None:
    """Long texts too, in little time."""
    before = time.process_time()
    assert toml.loads(text) == tomllib.loads(text)
    assert time.process_time() - before < 5


def test_other_faults_are_tomllibs_own() -> None:
    """With their words and place."""
    with pytest.raises(tomllib.TOMLDecodeError) as ours:
        toml.loads("a = 1\nb = \n")
    with pytest.raises(tomllib.TOMLDecodeError) as theirs:
        tomllib.loads("a = 1\nb = \n")
    assert str(ours.value) == str(theirs.value)
