"""What is kept of a block: never text, the same on every machine, and keys that survive what people and formatters do."""

from __future__ import annotations

import string
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.matching.lines import NO_LINE, value_of, values_of
from whence.matching.passages import Block
from whence.matching.prints import Print, beside, edge, lines_beside, pack, print_of, unpack
from whence.matching.tokens import KEYWORDS, each_tokens, each_words, tokens, words
from whence.matching.triples import every_triple
from whence.matching.triples import keys as keys_of
from whence.text import MAX_LINE_CHARACTERS, normal, normals

CODE = (
    "def flash_attention(query, key, value):",
    "    scores = query @ key.transpose(-2, -1)",
    "",
    "    weights = softmax(scores / math.sqrt(query.shape[-1]))",
    "    return weights @ value",
)


def test_one_token_is_one_character_of_its_kind() -> None:
    """Signs are themselves, keywords and words have ranges of their own."""
    codes = tokens("def area(w, h): return w * 2")
    assert len(codes) == 11
    assert [c for c in codes if c < "\x80"] == ["(", ")", ":", "*"]
    assert codes[0] == chr(0x80 + KEYWORDS.index("def"))
    assert len(words(codes)) == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("call('a b', x)", 'call( "a b",\tx,)'),
        ("const f = 1;", "const f=1"),
        ("x = \\", "x ="),
        ("ends with a carriage return", "ends with a carriage return\r"),
    ],
)
def test_what_formatters_change_is_no_token(one: str, other: str) -> None:
    """White space, quotes, commas, semicolons, continuations."""
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("naïve café", 2),
        ("状態を更新", 5),
        ("обновить состояние", 2),
        ("crab🦀", 2),
        ("\udce9\udce9", 2),
        ("x" * 25_000, 0),
    ],
)
def test_every_script_has_tokens(text: str, count: int) -> None:
    """Scripts without spaces by letter; broken bytes never fail; lines beyond the bound have none."""
    assert len(tokens(text)) == count


@given(st.text())
def test_any_text_has_codes_that_can_be_packed(text: str) -> None:
    """No token becomes half of a surrogate pair."""
    codes = tokens(text)
    assert codes.encode("utf-16-le").decode("utf-16-le") == codes
    assert set(words(codes)) <= set(codes)


def test_a_print_holds_no_text() -> None:
    """No word of the block is in the packed bytes."""
    data = pack(print_of(Block(CODE, "above()", "below()"), notebook=False))
    for word in (b"flash", b"scores", b"softmax", "softmax".encode("utf-16-le")):
        assert word not in data


@given(st.lists(st.text(max_size=30), max_size=20), st.text(max_size=20))
def test_packing_loses_nothing_but_the_keys(lines: list[str], before: str) -> None:
    """Whatever the block holds."""
    made = print_of(Block(tuple(lines), before, None), notebook=False)
    again = unpack(pack(made))
    assert again == Print(
        made.lines, made.sizes, made.flags, made.before, made.after, array("Q"), made.tokens, made.counts
    )
    assert sum(made.counts) == len(made.tokens)


@pytest.mark.parametrize("cut", [0, 3, 23, 30, -1])
def test_other_bytes_are_refused(cut: int) -> None:
    """Cut and altered bytes."""
    data = pack(print_of(Block(CODE), notebook=False))
    with pytest.raises(ValueError, match="not a packed print"):
        unpack(data[:cut])


def test_telling_lines_are_keys_and_idioms_are_not() -> None:
    """Only what can tell something finds a block."""
    made = print_of(Block(("import os", CODE[1], "}")), notebook=False)
    assert value_of(CODE[1]) in made.keys
    assert value_of("import os") not in made.keys
    assert NO_LINE not in made.keys


def test_triples_survive_formatters() -> None:
    """They see neither signs nor line ends, and names matter to them."""
    text = "\n".join(CODE)
    wrapped = text.replace("(", "(\n").replace(", ", ",\n").replace("'", '"')
    renamed = text.replace("query", "question").replace("scores", "marks").replace("weights", "shares")
    plain, other, new = (tokens(" ".join(item.split())) for item in (text, wrapped, renamed))
    keys = [keys_of(every_triple(words(text))) for text in (plain, other, new)]
    assert keys[0] == keys[1] != keys[2]


def test_a_short_block_is_found_by_its_edges() -> None:
    """Where it has a telling neighbour; a longer one needs none."""
    short = print_of(Block(("n = 2",), "def area_of(shape):", "}"), notebook=False)
    assert edge(value_of("def area_of(shape):"), value_of("n = 2")) in short.keys
    assert edge(value_of("n = 2"), value_of("}")) not in short.keys
    longer = print_of(Block(CODE, "def area_of(shape):"), notebook=False)
    assert edge(value_of("def area_of(shape):"), value_of(CODE[0])) not in longer.keys


def test_a_block_between_two_lines_is_found_by_them() -> None:
    """As far as they tell something, and as keys that are none of the lines' own."""
    made = print_of(Block(CODE, "def area_of(shape):", "}"), notebook=False)
    (key,) = beside([value_of("def area_of(shape):")])
    assert key in made.keys
    assert lines_beside([key]) == {value_of("def area_of(shape):")}
    assert value_of("def area_of(shape):") not in made.keys
    assert not set(beside([value_of("}")])) & set(made.keys)
    assert key not in print_of(Block(CODE, "def area_of(shape):"), notebook=False).keys
    assert key not in print_of(Block(("n = 2",), "def area_of(shape):", "}"), notebook=False).keys


def test_a_notebooks_lines_are_those_of_its_author() -> None:
    """A cell's source gives the same print as JSON and as text."""
    source = [line for line in CODE if line]
    cell = [f'    "{line}\\n",' for line in source]
    one, other = (print_of(Block(tuple(lines)), notebook=True) for lines in (source, cell))
    assert (one.lines, one.tokens) == (other.lines, other.tokens)


LINES = st.lists(
    st.text(st.sampled_from("ab_1 \0\x1b\x7f\t\r\n\x0b\x1c\x85\u3000.(',é漢字\u00df\ud800"), max_size=12),
    max_size=8,
)


@settings(max_examples=150, derandomize=True)
@given(LINES)
def test_many_lines_at_once_are_the_same_as_one_by_one(lines: list[str]) -> None:
    """Digests, normal forms, tokens and words; with odd white space, a line feed inside a line, a lone surrogate."""
    assert list(values_of(lines)) == list(map(value_of, lines))
    assert normals(lines) == [normal(line).encode("utf-8", "surrogatepass") for line in lines]
    assert each_tokens(lines) == list(map(tokens, lines))
    assert each_words(each_tokens(lines)) == list(map(words, map(tokens, lines)))


def test_every_sign_of_a_keyboard_is_taken_apart_the_same_way() -> None:
    """Beside a word, beside another sign and alone; in many lines at once and in one."""
    lines = [form.format(sign) for sign in string.punctuation for form in ("a{0}b1", "{0}{0}(a", "{0}")]
    assert each_tokens(lines) == list(map(tokens, lines))
    kept = {sign for sign in string.punctuation if tokens(sign) == sign}
    assert set(string.punctuation) - kept == set("_,;'\"`\\")


def test_a_line_too_long_to_be_compared_is_none_among_others() -> None:
    """It has no digest and no tokens; its neighbours keep theirs."""
    lines = ["first = 1", "x = 1;" * MAX_LINE_CHARACTERS, "last = 2"]
    assert list(values_of(lines)) == [value_of("first = 1"), NO_LINE, value_of("last = 2")]
    assert each_tokens(lines) == [tokens("first = 1"), "", tokens("last = 2")]
