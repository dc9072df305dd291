"""`whence index status`: what the index holds, what is missing in it, and what tools will soon delete."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from typing import Any

from whence.cli.console import Console
from whence.cli.index_common import add_root, day, size, updater
from whence.folders import index_file
from whence.text import counted, display

SOON = 7.0
"""Days before a tool deletes a transcript from which on it is told."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_root(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to report (default: text)"
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the report")


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.schema:
        from importlib.resources import files

        console.write(files("whence").joinpath("schemas/index-status.schema.json").read_text("utf-8"))
        return 0
    found = status(arguments, console)
    if arguments.format == "json":
        console.write(json.dumps(found, indent=2) + "\n")
    else:
        console.write("\n".join(_text(found)) + "\n")
    return 0


def status(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The report as it is published: `whence.index-status/1`."""
    from whence.evidence.sessions.reading import told
    from whence.evidence.sessions.retention import retention
    from whence.index import faulty, losses, set_aside
    from whence.index.summary import Holding, holdings, pages, shares
    from whence.matching import prints
    from whence.tools import Registry

    work = updater(arguments, console, begin=False)
    try:
        database = work.database
        survey = work.survey()
        connection = database.connection
        held = holdings(connection)
        faults = [fault for fault in faulty(connection) if fault.identity in survey.all]
        imports = shares(connection, prints.VERSION)
        bytes_used = pages(connection) if database.place else 0
        place, problem = database.place, database.problem
        lost = told(losses(connection))
        aside = set_aside(file) if (file := index_file(console.environment)) is not None else []
    finally:
        work.database.close()
    now = time.time()
    registry = Registry.builtin()
    tools = []
    for reader in work.readers or ():
        tasks = [task for task in survey.tasks if task.reader is reader]
        one = held.get(reader.source, Holding())
        here = sum(identity.source == reader.source for identity in survey.all)
        if not (here or one.writes or one.gone):
            continue
        rule = retention(reader.source, console.environment)
        soon = [
            task
            for task in tasks
            if rule is not None and now - task.transcript.changed > (rule.days - SOON) * 86_400
        ]
        known = registry.find(reader.tool)
        tools.append(
            {
                "source": reader.source,
                "tool": known.name if known else reader.tool,
                "sessions": one.sessions,
                "writes": one.writes,
                "lines": one.lines,
                "first": _time(one.first),
                "last": _time(one.last),
                "files_shown": one.reads,
                "transcripts": here,
                "gone": one.gone,
                "not_indexed": len(tasks),
                "not_indexed_bytes": sum(task.bytes for task in tasks),
                "kept_days": rule.days if rule else None,
                "kept_setting": rule.setting if rule else None,
                "soon_deleted": len(soon),
                "not_readable": [
                    {
                        "transcript": fault.shown,
                        "why": fault.first or f"line {fault.cut}: cut off",
                        "count": fault.count,
                    }
                    for fault in faults
                    if fault.identity.source == reader.source
                ],
            }
        )
    return {
        "schema": "whence.index-status/1",
        "index": str(place) if place else None,
        "bytes": bytes_used,
        "problem": problem,
        "tools": tools,
        "imports": [
            {
                "name": one.name,
                "label": one.label,
                "key": one.ring,
                "imported": _time(one.at),
                "made": _time(one.made),
                "writes": one.writes,
                "lines": one.lines,
                "usable": one.usable,
            }
            for one in imports
        ],
        "set_aside": [{"file": str(one), "bytes": one.stat().st_size} for one in aside if one.is_file()],
        "not_measured": [
            *({"why": item.why, "hint": item.hint} for item in survey.problems),
            *({"why": why, "hint": hint} for why, hint in lost),
        ],
    }


def _time(moment: float | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(found: dict[str, Any]) -> list[str]:
    """The same for people, the warnings last."""
    if found["index"] is None:
        out = [f"no index: {display(found['problem'], 500) or 'none was begun yet'}"]
    else:
        out = [f"index  {display(found['index'], 500)}: {size(found['bytes'])}"]
        if found["problem"]:
            out.append(f"       {display(found['problem'], 500)}")
    warnings: list[str] = []
    for tool in found["tools"]:
        out += ["", f"{display(tool['tool'])} ({tool['source']})", *_tool(tool)]
        if tool["not_indexed"]:
            warnings.append(
                f"{counted(tool['not_indexed'], 'transcript')} of {display(tool['tool'])} "
                f"({size(tool['not_indexed_bytes'])}) {'is' if tool['not_indexed'] == 1 else 'are'} not in the index: "
                "whence index build"
            )
        if tool["soon_deleted"]:
            soon = "it" if tool["not_indexed"] == 1 else f"{tool['soon_deleted']:,} of them"
            warnings.append(
                f"{soon} will be deleted by {display(tool['tool'])} within "
                f"{SOON:.0f} days or at its next start ({tool['kept_days']:g} days: {display(tool['kept_setting'])})"
            )
    for one in found["imports"]:
        use = "" if one["usable"] else ", made by another version of Whence and not compared with anything"
        label = f", from {display(one['label'])}" if one["label"] else ""
        out += [
            "",
            f"import {display(one['name'])}{label}: {one['lines']:,} lines in {counted(one['writes'], 'write')}, made {one['made'][:10]}{use}",
        ]
    if not found["tools"] and not found["imports"]:
        out.append("no tool's transcripts were found on this machine")
    if found["set_aside"]:
        taken = size(sum(one["bytes"] for one in found["set_aside"]))
        out += [
            "",
            f"damaged files that were set aside: {taken} (whence index purge --damaged removes them)",
            *(f"  {display(one['file'], 500)}" for one in found["set_aside"]),
        ]
    for item in found["not_measured"]:
        hint = f" ({display(item['hint'])})" if item["hint"] else ""
        warnings.append(f"not measured: {display(item['why'], 500)}{hint}")
    return [*out, *([""] if warnings else []), *warnings]


def _tool(tool: dict[str, Any]) -> list[str]:
    out = []
    if tool["writes"]:
        when = f"{day_of(tool['first'])} to {day_of(tool['last'])}"
        out.append(
            f"  {counted(tool['sessions'], 'session')}, {counted(tool['writes'], 'write')} of "
            f"{counted(tool['lines'], 'line')}, {when}"
        )
    else:
        unread = tool["transcripts"] and tool["not_indexed"] >= tool["transcripts"]
        out.append("  not read yet" if unread else "  no writes")
    gone = (
        f", and {tool['gone']:,} that {'is' if tool['gone'] == 1 else 'are'} no more" if tool["gone"] else ""
    )
    out.append(f"  from {counted(tool['transcripts'], 'transcript')} on this machine{gone}")
    if tool["files_shown"]:
        out.append(f"  files were shown to it {counted(tool['files_shown'], 'time')}")
    for fault in tool["not_readable"][:5]:
        more = f" (and {fault['count'] - 1} more)" if fault["count"] > 1 else ""
        out.append(f"  not readable: {display(fault['transcript'])}: {display(fault['why'])}{more}")
    if len(tool["not_readable"]) > 5:
        out.append(f"  not readable: {counted(len(tool['not_readable']) - 5, 'more transcript')}")
    if tool["not_readable"]:
        out.append(
            "    what stands before and after is read; move a file away or delete it, and it is named no more"
        )
    return out


def day_of(time_text: str | None) -> str:
    return time_text[:10] if time_text else day(None)
