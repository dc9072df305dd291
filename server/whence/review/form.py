"""A review as text: the small TOML file that people read and merge, and the bytes that its id and signature bind.

The id is a digest of the fields, not of the file's bytes, so a checkout with other line endings changes nothing.
Fields without a value are left out of both, so fields can be added later without changing the ids of old reviews.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date as Date  # noqa: N812
from datetime import datetime
from typing import Any

from whence import toml
from whence.errors import Problem
from whence.review.values import BREAK, CONTEXT_MARK, Result, Review

SCHEMA = "whence.review/1"

HEADER = "# A person's answer for these lines, recorded by `whence review`. Do not edit: any change makes it void.\n"

DEPTHS = ("glanced", "read", "tested")

MAX_NOTE = 4_000
MAX_FIELD = 1_000
MAX_ENTRIES = 60_000
"""A person does not answer for more in one go; 60,000 entries are about 2 MB."""

_REQUIRED = ("schema", "result", "reviewer", "path", "kind", "digest", "lines")
_OPTIONAL = ("name", "tools", "criterion", "purpose", "depth", "note", "date", "replaces")

_REVIEWER = re.compile(r"[^<>\n]*[^<>\s][^<>\n]* <[^<>\s@]+@[^<>\s@]+>")
_ENTRY = re.compile(r"~?[0-9a-f]{32}|\.\.\.")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{16}")
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


class FormError(Exception):
    """The text is not a review. Carries what is wrong and, when known, where."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def plain(value: str) -> str:
    """Text that any UTF-8 file can hold: undecodable bytes of a file name become `\\udc..` in words."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def is_person(value: str) -> bool:
    """Is it `Name <email>`?"""
    return _REVIEWER.fullmatch(value) is not None


def is_id(value: str) -> bool:
    return _ID.fullmatch(value) is not None


def fields(review: Review) -> Iterator[tuple[str, object]]:
    """Every field but the id, in the file's order; empty ones are left out of files and digests."""
    yield "schema", SCHEMA
    yield "result", str(review.result)
    yield "reviewer", review.reviewer
    yield "date", review.date.isoformat() if review.date else ""
    yield "path", review.path
    yield "kind", review.kind
    yield "name", review.name or ""
    yield "tools", list(review.tools)
    yield "criterion", review.criterion
    yield "purpose", review.purpose
    yield "depth", review.depth
    yield "note", review.note
    yield "replaces", list(review.replaces)
    yield "digest", review.digest
    yield "lines", list(review.sequence)


def payload(review: Review) -> bytes:
    """The bytes that the id digests and a signature signs: one line of canonical JSON, the id left out."""
    said = {key: value for key, value in fields(review) if value}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def identify(review: Review) -> str:
    """The id that this review must have."""
    return hashlib.sha256(payload(review)).hexdigest()[:16]


def _quoted(value: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped too.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def text(review: Review) -> str:
    """The review's file: fixed order, one field a line, one digest a line."""
    out = [HEADER]
    for key, value in fields(review):
        if not value:
            continue
        if key == "lines":
            # A literal string: the standard library reads it at a stroke, the other kind letter by letter.
            out.append("lines = '''\n" + "".join(entry + "\n" for entry in review.sequence) + "'''\n")
        elif key == "date":
            out.append(f"date = {value}\n")
        elif isinstance(value, list):
            out.append(f"{key} = [{', '.join(_quoted(item) for item in value)}]\n")
        else:
            out.append(f"{key} = {_quoted(str(value))}\n")
    return "".join(out)


def parse(content: str) -> Review:
    """Read a review's file; the id is computed, not read. Raises FormError."""
    try:
        table = toml.loads(content.replace("\r\n", "\n"))
        return from_table(table)
    except tomllib.TOMLDecodeError as error:
        if _is_cut_off(content):
            raise FormError("is cut off: its end is missing") from None
        raise _syntax(str(error)) from None
    except FormError:
        if _is_cut_off(content):
            raise FormError("is cut off: its end is missing") from None
        raise


def _is_cut_off(content: str) -> bool:
    """Whether a file begins as `text` writes reviews and does not end so."""
    begun = content.startswith(HEADER[:40]) and f'schema = "{SCHEMA}"' in content[: len(HEADER) + 40]
    return begun and not content.rstrip().endswith("'''")


def _syntax(complaint: str) -> FormError:
    at = _AT.search(complaint)
    words = (
        complaint[: at.start()].strip()
        if at
        else complaint.replace("(at end of document)", "at the file's end")
    )
    return FormError(
        f"is not TOML: {words[:120]}", int(at.group(1)) if at else None, int(at.group(2)) if at else None
    )


def from_table(table: Mapping[str, Any]) -> Review:
    """A review from the parsed file (or another carrier with the same fields). Raises FormError."""
    if table.get("schema") != SCHEMA:
        raise FormError(
            f"is not a review that this version reads (schema {table.get('schema')!r}, known: {SCHEMA!r})"
        )
    missing = [key for key in _REQUIRED if key not in table]
    if missing:
        raise FormError(f"lacks {', '.join(f'`{key}`' for key in missing)}")
    unknown = sorted(set(table) - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise FormError(f"has the unknown field `{unknown[0]}`")
    strings = {
        key: _string(table, key)
        for key in (
            "result",
            "reviewer",
            "path",
            "kind",
            "name",
            "criterion",
            "purpose",
            "depth",
            "note",
            "digest",
        )
    }
    if strings["result"] not in tuple(Result):
        raise FormError(f"`result` is {strings['result']!r}; it can be {', '.join(Result)}")
    if not is_person(strings["reviewer"]):
        raise FormError("`reviewer` is not `Name <email>`")
    if strings["depth"] and strings["depth"] not in DEPTHS:
        raise FormError(f"`depth` is {strings['depth']!r}; it can be {', '.join(DEPTHS)}")
    if not _DIGEST.fullmatch(strings["digest"]):
        raise FormError("`digest` is not `sha256:` and 64 hexadecimal digits")
    replaces = _strings(table, "replaces")
    if not all(is_id(item) for item in replaces):
        raise FormError("`replaces` does not hold ids of reviews")
    review = Review(
        id="",
        path=strings["path"],
        kind=strings["kind"],
        name=strings["name"] or None,
        tools=_strings(table, "tools"),
        reviewer=strings["reviewer"],
        result=Result(strings["result"]),
        digest=strings["digest"],
        sequence=_sequence(table["lines"]),
        criterion=strings["criterion"],
        purpose=strings["purpose"],
        note=strings["note"],
        depth=strings["depth"],
        date=_date(table.get("date")),
        replaces=replaces,
    )
    return with_id(review)


def with_id(review: Review) -> Review:
    values = {name: getattr(review, name) for name in Review.__slots__}
    values["id"] = identify(review)
    return Review(**values)


def _string(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise FormError(f"`{key}` is not text")
    if len(value) > (MAX_NOTE if key == "note" else MAX_FIELD):
        raise FormError(f"`{key}` is too long")
    return value


def _strings(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FormError(f"`{key}` is not a list of texts")
    if sum(map(len, value)) > MAX_FIELD:
        raise FormError(f"`{key}` is too long")
    return tuple(value)


def _date(value: object) -> Date | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return Date.fromisoformat(value)
        except ValueError:
            raise FormError("`date` is not a day") from None
    if isinstance(value, Date) and not isinstance(value, datetime):
        return value
    raise FormError("`date` is not a day")


def _sequence(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list) or len(value) > MAX_ENTRIES:
        raise FormError("`lines` is not a list of line digests")
    for place, entry in enumerate(value, start=1):
        if not isinstance(entry, str) or not _ENTRY.fullmatch(entry):
            raise FormError(f"`lines`: entry {place} is not a line digest")
    if all(entry == BREAK or entry.startswith(CONTEXT_MARK) for entry in value):
        raise FormError("`lines` names no line under review")
    return tuple(value)


def problem(path: str, error: FormError) -> Problem:
    """What the user is told about a file that is no review."""
    return Problem(
        path,
        f"this review {error.message}",
        error.line,
        error.column,
        "restore it with `git checkout`, or delete it and review the lines again",
    )
