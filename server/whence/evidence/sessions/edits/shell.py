"""Files that a shell command writes through here-documents, which keep their text in the command itself.

`cat > F <<TAG`, `cat <<TAG > F`, `tee F <<TAG`, `cat <<TAG | tee F`, `apply_patch <<TAG`, each after any `cd D &&`.
Every other here-document (commit messages, scripts for an interpreter) writes no file that can be named.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from whence.evidence.sessions.edits.inserted import grouped
from whence.matching.passages import Block
from whence.quick import dataclass

MAX_COMMAND = 4 * 1024 * 1024
"""Characters of a command that are looked at."""

_HEREDOC = re.compile(r"(?<!<)<<(-?)\s*(?:'([^'\n]+)'|\"([^\"\n]+)\"|(\\?)([A-Za-z_][\w.-]*))(?!<)")
_SPLIT = re.compile(r"(\|\||&&|;|\||\n|&(?!>)|\$\(|\(|\)|\{ |\})")
_EXPANDS = re.compile(r"[$`\\]")
_PATCHERS = frozenset({"apply_patch", "applypatch"})
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh"})


@dataclass(frozen=True, slots=True)
class FileText:
    """A file that a command wrote."""

    path: str
    """As in the command."""
    folders: tuple[str, ...]
    """What `cd` went to before, in order."""
    blocks: tuple[Block, ...]
    """Without the lines that the shell expands: their text is not known."""


@dataclass(frozen=True, slots=True)
class PatchText:
    """A patch that a command applied."""

    text: str
    folders: tuple[str, ...]


def command_of(value: object) -> str:
    """The script in a command as tools record it: a string, or a list such as `["bash", "-lc", script]`."""
    if isinstance(value, str):
        return value[:MAX_COMMAND]
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return ""
    return _script(value) or ""


def _script(words: Sequence[str]) -> str | None:
    """What a list of words runs in a shell; `apply_patch TEXT` becomes the patch itself."""
    if not words:
        return None
    name = words[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if name in _SHELLS:
        for at, word in enumerate(words[1:-1], 1):
            if re.fullmatch(r"-[a-z]*c[a-z]*", word):
                return words[at + 1][:MAX_COMMAND]
    if name in _PATCHERS and len(words) > 1:
        return f"apply_patch <<'{_TAG}'\n{words[1]}\n{_TAG}\n"[:MAX_COMMAND]
    return shlex.join(words)[:MAX_COMMAND]


_TAG = "END_OF_THE_PATCH"


def writes(command: str) -> Iterator[FileText | PatchText]:
    """What a command writes, were it to succeed as a whole. Never raises."""
    if "<<" not in command:
        return
    folders: list[str] = []
    lines = command[:MAX_COMMAND].replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        nested = _nested(line)
        if nested is not None:
            yield from writes(nested)
            continue
        tags = list(_HEREDOC.finditer(line))
        while line.endswith("\\") and not tags and at < len(lines):
            line = line[:-1] + " " + lines[at]
            at += 1
            tags = list(_HEREDOC.finditer(line))
        bodies: list[tuple[re.Match[str], list[str]]] = []
        for tag in tags:
            word = tag[2] or tag[3] or tag[5]
            body: list[str] = []
            while at < len(lines):
                text = lines[at].lstrip("\t") if tag[1] else lines[at]
                at += 1
                if text == word or text.rstrip() == word:
                    break
                body.append(text)
            bodies.append((tag, body))
        yield from _line(line, bodies, folders)


def _nested(line: str) -> str | None:
    """The script of a one-line `bash -c '...'` without a here-document of its own outside the quotes."""
    if not line.lstrip().startswith(tuple(_SHELLS)) or "-" not in line or "<<" in line:
        return None
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    return _script(words) if len(words) > 2 and words[1].startswith("-") and words[1].endswith("c") else None


def _line(
    line: str, bodies: Sequence[tuple[re.Match[str], list[str]]], folders: list[str]
) -> Iterator[FileText | PatchText]:
    """One line of commands with its here-documents; notes what `cd` does."""
    by_start = {tag.start(): (tag, body) for tag, body in bodies}
    start = 0
    carried: tuple[re.Match[str], list[str]] | None = None
    for end, operator in _operators(line):
        piece = line[start:end]
        own = next((by_start[at] for at in by_start if start <= at < end), carried)
        words = _words(piece) if own is not None or "cd" in piece else []
        name = words[0] if words else ""
        carried = None
        if name == "cd" and len(words) > 1:
            folders.append(words[-1])
        elif own is not None:
            tag, body = own
            targets = _targets(words)
            if name in _PATCHERS:
                yield PatchText("\n".join(body), tuple(folders))
            elif targets:
                literal = bool(tag[2] or tag[3] or tag[4])
                blocks = _literal(body, literal)
                for target in targets if blocks else ():
                    yield FileText(target, tuple(folders), blocks)
            elif name == "cat" and operator == "|":
                carried = own
        start = end + len(operator)


def _operators(line: str) -> Iterator[tuple[int, str]]:
    """Where one command ends, outside quotes; (offset, operator), the last with an empty operator."""
    quote = ""
    at = 0
    while at < len(line):
        char = line[at]
        if quote:
            if char == "\\" and quote == '"':
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            # `"$(cat <<'EOF'`: what stands in a double-quoted substitution is a command of its own.
            if char == '"' and line[at + 1 : at + 3] == "$(":
                yield at, '"$('
                at += 2
            elif line.find(char, at + 1) > 0:
                quote = char
        elif char == "\\":
            at += 1
        else:
            found = _SPLIT.match(line, at)
            if found and not (char in "&|" and line[at - 1 : at] in {">", "<"}):
                yield at, found[0]
                at += len(found[0]) - 1
        at += 1
    yield len(line), ""


def _words(piece: str) -> list[str]:
    text = _HEREDOC.sub(" ", piece)
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars="<>|")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        return []
    while words and (
        words[0] in {"sudo", "then", "do", "else", "!", "time", "exec", "env"}
        or re.fullmatch(r"\w+=\S*", words[0])
    ):
        words.pop(0)
    return words


def _targets(words: Sequence[str]) -> list[str]:
    """The files that `cat` or `tee` writes its input to."""
    if not words or words[0] not in {"cat", "tee"}:
        return []
    named: list[str] = []
    plain: list[str] = []
    at = 1
    while at < len(words):
        word = words[at]
        if word.isdigit() and words[at + 1 : at + 2] in ([">"], [">>"], [">&"]):
            # `2> errors` is split into `2`, `>`, `errors`.
            at += 2
        elif word in {">", ">>", ">|"} and at + 1 < len(words):
            named.append(words[at + 1])
            at += 1
        elif word and set(word) <= {"<", ">", "&"}:
            at += 1
        elif not word.startswith("-"):
            plain.append(word)
        at += 1
    if words[0] == "tee":
        named = plain
    elif plain:
        # `cat a b - > c`: the input is not all of the output.
        return []
    return [name for name in named if not re.search(r"[$`]", name) and not name.startswith("/dev/")]


def _literal(body: Sequence[str], literal: bool) -> tuple[Block, ...]:
    """The lines whose text is known: all of a quoted here-document, else those in which nothing expands."""
    return grouped(body, [literal or not _EXPANDS.search(line) for line in body])
