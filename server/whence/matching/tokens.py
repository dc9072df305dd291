"""One light lexer for every language, for prose and for notebook cells: a line becomes a string of codes.

Each token becomes one character, so that a text's tokens are a `str` that rapidfuzz compares at C speed and two bytes
a token keep. What formatters put in and take out (white space, quotes, commas, semicolons, line continuations) is no
token at all. A character says what kind of token it stands for:

    below U+0080      that very sign
    U+0080 to U+00FF  a keyword of some language
    U+0100 to U+D7FF  any other word or number, by its digest
    from U+E000 on    any other sign, by its digest

Two words share a character with a chance of 1 in 55,000, which decides nothing where several are compared in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from zlib import crc32

from whence.text import MAX_LINE_CHARACTERS

FIRST_WORD, LAST_WORD, FIRST_SIGN = 0x100, 0xD7FF, 0xE000
_WORDS = LAST_WORD - FIRST_WORD + 1
_SIGNS = 0x10000 - FIRST_SIGN

KEYWORDS = (
    "abstract", "and", "as", "assert", "async", "await", "bool", "boolean", "break", "byte", "case",
    "catch", "char", "class", "const", "constexpr", "continue", "def", "default", "defer", "del", "delete",
    "do", "double", "elif", "else", "elseif", "elsif", "end", "enum", "esac", "except", "export", "extends",
    "extern", "false", "final", "finally", "float", "fn", "for", "foreach", "from", "fun", "func",
    "function", "go", "goto", "guard", "if", "impl", "implements", "import", "in", "include", "inline",
    "instanceof", "int", "interface", "is", "lambda", "let", "long", "loop", "match", "mod", "module",
    "mut", "namespace", "new", "nil", "none", "not", "null", "object", "of", "operator", "or", "override",
    "package", "pass", "private", "protected", "public", "raise", "range", "readonly", "rescue", "return",
    "self", "short", "signed", "static", "string", "struct", "super", "switch", "template", "then", "this",
    "throw", "throws", "trait", "true", "try", "type", "typedef", "typename", "typeof", "union", "unless",
    "unsigned", "until", "use", "using", "val", "var", "virtual", "void", "when", "where", "while", "with",
    "yield",
)  # fmt: skip
"""Words that a language gives; renaming never touches them."""

_TOKEN = re.compile(r"\w+|[^\w\s,;'\"`\\]")
_ASCII = re.compile(r"(?a:\w+)|[^\s,;'\"`\\]")
"""The same for a line that has nothing else; faster."""

_BETWEEN = "\0"
"""Stands for the ends of lines while they are taken apart together."""

_NO_TOKENS = str.maketrans(",;'\"`\\\n", f"      {_BETWEEN}")
_ASCII_SIGNS = f"!#$%&()*+-./:<=>?@[]^{{|}}~{_BETWEEN}"
_CONTROLS = bytes({*range(0x20), 0x7F}.difference(b"\t\n\v\f\r\x1c\x1d\x1e\x1f"))
"""Signs that hardly any text has."""

_LETTER = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]|[^\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+"
)
"""Scripts that put no spaces between words: each letter is a token."""

_SOME_WORD = re.compile(r"\w")
_SIGNS_OF_ASCII = bytes(sign for sign in range(0x80) if sign != 0x0A)
_NOT_WORDS = re.compile("[^\u0100-\ud7ff\n]+")

MAX_KNOWN = 200_000
"""Tokens whose character is remembered; then the memory starts anew."""


class _Codes(dict[str, str]):
    """Token to character, made when first asked for."""

    def __missing__(self, token: str) -> str:
        if len(self) > MAX_KNOWN:
            self._fill()
        if not token.isascii():
            made = "".join(map(_code, _LETTER.findall(token)))
        elif token.isalnum() or _SOME_WORD.match(token):
            made = chr(FIRST_WORD + crc32(token.encode()) % _WORDS)
        else:
            made = token
        self[token] = made
        return made

    def _fill(self) -> None:
        self.clear()
        for at, word in enumerate(KEYWORDS):
            for form in (word, word.capitalize()):
                self[form] = chr(0x80 + at)


def _code(token: str) -> str:
    value = crc32(token.encode("utf-8", "surrogatepass"))
    if _SOME_WORD.match(token):
        return chr(FIRST_WORD + value % _WORDS)
    return token if token.isascii() else chr(FIRST_SIGN + value % _SIGNS)


_codes = _Codes()
_codes._fill()


def tokens(line: str) -> str:
    """A line's tokens, one character each; none of a line that is too long to be compared."""
    if len(line) > MAX_LINE_CHARACTERS:
        return ""
    pattern = _ASCII if line.isascii() else _TOKEN
    return "".join(map(_codes.__getitem__, pattern.findall(line)))


def each_tokens(lines: Sequence[str]) -> list[str]:
    """The tokens of each line, sooner than one by one."""
    plain = [line if line.isascii() and len(line) <= MAX_LINE_CHARACTERS else "" for line in lines]
    text = "\n".join(plain)
    data = text.encode()
    if len(data.translate(None, _CONTROLS)) != len(data):
        return list(map(tokens, lines))
    text = text.translate(_NO_TOKENS)
    # With white space around each sign `split` finds the tokens in half of a pattern's time.
    for sign in _ASCII_SIGNS:
        text = text.replace(sign, f" {sign} ")
    found = "".join(map(_codes.__getitem__, text.split())).split(_BETWEEN)
    if len(found) != len(lines):  # none at all, or a line feed inside a line
        return list(map(tokens, lines))
    return [codes or tokens(line) for codes, line in zip(found, lines, strict=True)]


def each_words(codes: Sequence[str]) -> list[str]:
    """The same as `words` for each of many lines' tokens."""
    return _without_signs("\n".join(codes)).split("\n") if codes else []


def names_in(lines: Iterable[str]) -> dict[int, str]:
    """By the numbers of their codes the words that `words` leaves of lines, as they stand there; of lines with other
    than ASCII signs none."""
    found = {token for line in lines if line.isascii() for token in _ASCII.findall(line)}
    return {ord(code): token for token in sorted(found) if len(code := _codes[token]) == 1 and is_word(code)}


def words(codes: str) -> str:
    """Only the words that somebody chose: no keywords, no signs."""
    return _without_signs(codes)


def _without_signs(codes: str) -> str:
    """Only words and line feeds. Most of what goes are ASCII signs: without them first it takes half as long."""
    return _NOT_WORDS.sub("", codes.encode().translate(None, _SIGNS_OF_ASCII).decode())


def is_word(code: str) -> bool:
    """Whether a token is a word or number that somebody chose."""
    return "\u0100" <= code <= "\ud7ff"
