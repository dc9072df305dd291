"""Read Agent Trace records (specification 0.1.0, github.com/cursor/agent-trace) from their JSON.

Three shapes are met: the specification's; the same as its reference hook writes it (`"version": "1.0"`, pseudo
paths, 1-1 for an unknown place); and a flat one with `"schema": "agent-trace/v0.1.0"`, one range a record.
Other tools keep unrelated files under the same name, so a record is judged by its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from whence.model import Contributor
from whence.quick import dataclass

_PSEUDO = frozenset({".shell-history", ".sessions", ".unknown"})
"""What the reference hook writes for events that touch no file."""

_CONTRIBUTORS = {
    "ai": Contributor.AI,
    "mixed": Contributor.MIXED,
    "human": Contributor.HUMAN,
    "unknown": None,
}

_LARGEST = 10**8


class RecordError(ValueError):
    """Not a record, or a broken one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One range of one file that a record speaks of."""

    path: str
    """As recorded, with forward slashes; may be absolute."""
    start: int
    end: int
    """Inclusive, 1-based, in the work tree as the record was written."""
    content_hash: str | None
    contributor: Contributor
    tool: str | None
    model: str | None
    model_vendor: str | None
    """Where a record tells the vendor but not the model."""
    time: datetime
    revision: str | None
    """The commit that was checked out, in lower case."""
    url: str
    placed: bool
    """Whether `start` is a place; False where the writer did not know it and wrote 1."""


def claims(value: object) -> tuple[Claim, ...]:
    """The ranges that a record claims. Raises RecordError when it is not an Agent Trace record."""
    if not isinstance(value, dict):
        raise RecordError("not a JSON object")
    schema = value.get("schema")
    if isinstance(schema, str):
        if schema != "agent-trace/v0.1.0":
            raise RecordError(f"schema {schema[:40]!r} is not known")
        return (_flat(value),)
    version = value.get("version")
    if not isinstance(version, str) or not isinstance(value.get("files"), list):
        raise RecordError("not an Agent Trace record (no `version` and `files`)")
    if not re.fullmatch(r"0\.1\.\d+|1\.0", version):
        raise RecordError(f"version {version[:20]!r} is not known")
    return tuple(_nested(value, reference=version == "1.0"))


def _flat(value: dict[str, Any]) -> Claim:
    path = value.get("file_path")
    if not isinstance(path, str) or not path:
        raise RecordError("no `file_path`")
    start, end = _lines(value)
    # `tool` is the name of a function ("Edit") there; the ids of calls tell whose model made them.
    call = value.get("tool_use_id")
    return Claim(
        path=_slashes(path),
        start=start,
        end=end,
        content_hash=_string(value.get("content_hash")),
        contributor=Contributor.AI,
        tool=None,
        model=_string(value.get("model")),
        model_vendor="anthropic" if isinstance(call, str) and call.startswith("toolu_") else None,
        time=_time(value.get("timestamp")),
        revision=_revision(value.get("vcs")),
        url=_string(value.get("session_id")) or "",
        placed=(start, end) != (1, 1),
    )


def _nested(value: dict[str, Any], *, reference: bool) -> Iterator[Claim]:
    time, revision = _time(value.get("timestamp")), _revision(value.get("vcs"))
    tool = value.get("tool")
    name = _string(tool.get("name")) if isinstance(tool, dict) else None
    for file in value["files"]:
        path = file.get("path") if isinstance(file, dict) else None
        if not isinstance(path, str) or not path:
            raise RecordError("a file without `path`")
        if path in _PSEUDO:
            continue
        for talk in _objects(file, "conversations"):
            for part in _objects(talk, "ranges"):
                start, end = _lines(part)
                own = part.get("contributor") or talk.get("contributor") or {}
                kind = own.get("type", "unknown") if isinstance(own, dict) else None
                if not isinstance(kind, str) or kind not in _CONTRIBUTORS:
                    raise RecordError(f"contributor type {kind!r} is not known"[:80])
                contributor = _CONTRIBUTORS[kind]
                if contributor is None:
                    continue
                yield Claim(
                    path=_slashes(path),
                    start=start,
                    end=end,
                    content_hash=_string(part.get("content_hash")),
                    contributor=contributor,
                    tool=name,
                    model=_string(own.get("model_id")),
                    model_vendor=None,
                    time=time,
                    revision=revision,
                    url=_string(talk.get("url")) or "",
                    placed=start > 1 or not (reference or end == 1),
                )


def _objects(value: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = value.get(key)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise RecordError(f"`{key}` is not a list of objects")
    return found


def _lines(value: dict[str, Any]) -> tuple[int, int]:
    start, end = value.get("start_line"), value.get("end_line")
    if type(start) is not int or type(end) is not int or not 1 <= start <= end <= _LARGEST:
        raise RecordError("`start_line` and `end_line` are not a range")
    return start, end


def _time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RecordError("`timestamp` is not a time") from error


def _revision(vcs: object) -> str | None:
    if not isinstance(vcs, dict) or vcs.get("type", "git") != "git":
        return None
    revision = vcs.get("revision")
    known = isinstance(revision, str) and re.fullmatch(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", revision)
    return str(revision).lower() if known else None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _slashes(path: str) -> str:
    """A path with forward slashes, without a `file://` before it or a drive's letter."""
    path = path.removeprefix("file://")
    if "\\" in path and ("/" not in path or re.match(r"/?[A-Za-z]:", path)):
        path = path.replace("\\", "/")
    return re.sub(r"^/?[A-Za-z]:(?=/)", "", path)
