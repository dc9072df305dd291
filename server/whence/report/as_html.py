"""A report to hand on: one HTML page that needs nothing else, with no script and nothing fetched from anywhere.

Everything that comes from files is escaped by `_esc`, and the page forbids itself, in its own head, whatever could
load or run. Findings stand by scope, the worst first, each to be opened for its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from whence import wording
from whence.model import Finding, NotMeasured, ScanResult, Severity
from whence.ranges import count
from whence.ranges import text as ranges_text
from whence.report.as_overview import rows as overview_rows
from whence.report.as_text import left_out_lines, not_measured_lines, summary_line, warning_lines
from whence.report.codes import BY_ID
from whence.report.html_style import STYLE
from whence.text import display
from whence.tools import Registry

SHOWN = 2000
"""Findings on the page; a browser is slow with more, and the JSON report has them all."""
_PIECES = 12
_LIMIT = 2000
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_WORDS = {"pass": "the policy is met", "fail": "the policy is not met", "inconclusive": "inconclusive"}


def html(result: ScanResult, registry: Registry, version: str) -> str:
    """The whole page."""
    title = f"Whence: {_WORDS[result.verdict.value]}" if result.has_policy else "Whence: what AI tools wrote"
    parts = [
        *_head(result, title),
        *_figures(result),
        *_coverage(result),
        *_findings(result, registry),
        *_overview(result, registry),
        *_disputes(result, registry),
        *_gaps(result.not_measured),
        f"<footer>Made by Whence {_esc(version)}. Lines are counted from 1. The same in full, for programs: "
        "<code>whence scan --format json</code>.</footer>",
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_esc(title)}</title>",
            f"<style>\n{STYLE}\n</style>",
            "</head>",
            "<body>",
            "<main>",
            *parts,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _esc(value: str, limit: int = _LIMIT) -> str:
    """Foreign text as text: no markup, no invisible characters, not endless."""
    return escape(display(value, limit), quote=True)


def _said(value: str, limit: int = _LIMIT) -> str:
    """A sentence of ours, in which backticks mean code."""
    parts = _esc(value, limit).split("`")
    if len(parts) % 2 == 0:
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def _head(result: ScanResult, title: str) -> Iterator[str]:
    verdict = result.verdict.value
    badge = f'<span class="badge {verdict}">{verdict}</span>' if result.has_policy else ""
    yield f"<header>\n<h1>{_esc(title)}{badge}</h1>"
    yield f"<p>{_esc(summary_line(result))}</p>"
    yield from (f'<p class="soft">{_esc(line)}</p>' for line in left_out_lines(result))
    yield from (f"<p>{_said(line)}</p>" for line in warning_lines(result))
    if verdict == "inconclusive":
        yield "<p>Evidence that the policy needs could not be had, so this is not a pass.</p>"
    if not result.has_policy:
        yield "<p>There is no policy here, so nothing is asked and nothing fails.</p>"
    links = [("#findings", "Findings")] if result.has_policy and result.findings else []
    links += [("#coverage", "Reviewed")] if result.summary.coverage else []
    links += [("#tools", "Tools")] if result.summary.tools else []
    links += [("#disputes", "Disputes")] if result.disputes else []
    links += [("#gaps", "Not measured")] if result.not_measured else []
    yield "<nav>" + "".join(f'<a href="{where}">{name}</a>' for where, name in links) + "</nav>\n</header>"


def _figures(result: ScanResult) -> Iterator[str]:
    summary, found = result.summary, dict(result.summary.findings)
    figures = [
        ("files", f"{summary.files:,}", ""),
        ("lines", f"{summary.lines:,}", ""),
        ("from AI tools", f"{summary.attributed_lines:,}", ""),
        ("of those reviewed", _share(summary.reviewed_lines, summary.attributed_lines), ""),
    ]
    if result.has_policy:
        figures += [
            (f"{name}s" if name != "info" else "for information", f"{found.get(name, 0):,}", name if found.get(name) else "")
            for name in ("error", "warning", "info")
        ]  # fmt: skip
    if summary.disputed_lines:
        figures.append(("disputed lines", f"{summary.disputed_lines:,}", ""))
    yield '<dl class="figures">'
    for name, number, kind in figures:
        yield f'<div><dt>{name}</dt><dd class="{kind}">{number}</dd></div>'
    yield "</dl>"


def _share(part: int, whole: int) -> str:
    """`61%`; never rounded up to all or down to none."""
    if not whole:
        return "-"
    return f"{min(max(round(100 * part / whole), 1), 99)}%" if 0 < part < whole else f"{100 if part else 0}%"


def _meter(part: int, whole: int, kind: str = "") -> str:
    width = 100 * part / whole if whole else 0
    return f'<div class="meter {kind}" aria-hidden="true"><i style="width:{width:.1f}%"></i></div>'


def _coverage(result: ScanResult) -> Iterator[str]:
    if not result.summary.coverage:
        return
    yield '<h2 id="coverage">Reviewed, by scope</h2>'
    yield '<div class="scroll"><table><tr><th>scope</th><th class="number">attributed lines that want a review</th>'
    yield '<th class="number">reviewed</th><th class="number">share</th><th></th></tr>'
    for entry in result.summary.coverage:
        yield (
            f'<tr><td>{_esc(entry.scope)}</td><td class="number">{entry.lines:,}</td><td class="number">{entry.reviewed:,}</td>'
            f'<td class="number">{_share(entry.reviewed, entry.lines)}</td><td>{_meter(entry.reviewed, entry.lines)}</td></tr>'
        )
    yield "</table></div>"


def _findings(result: ScanResult, registry: Registry) -> Iterator[str]:
    if not result.has_policy:
        return
    yield '<h2 id="findings">Findings</h2>'
    if not result.findings:
        yield "<p>None.</p>"
        return
    scopes: dict[str, list[Finding]] = {}
    ordered = sorted(result.findings, key=lambda one: (-one.severity.rank, one.path, one.start))
    for finding in ordered[:SHOWN]:
        scopes.setdefault(finding.scope or "", []).append(finding)
    for scope, members in scopes.items():
        levels = ", ".join(_levels(members))
        yield f"<h3>{_esc(scope) or 'no scope'} <span>{levels}</span></h3>"
        for finding in members:
            yield from _finding(finding, registry)
    if len(ordered) > SHOWN:
        yield f"<p>And {len(ordered) - SHOWN:,} more: <code>whence scan --format json</code> lists them all.</p>"


def _levels(members: Sequence[Finding]) -> Iterator[str]:
    for level in reversed(Severity):
        number = sum(one.severity is level for one in members)
        if number:
            plural = "" if number == 1 or level is Severity.INFO else "s"
            yield f"{number:,} {level.value if level is not Severity.INFO else 'for information'}{plural}"


def _finding(finding: Finding, registry: Registry) -> Iterator[str]:
    said = wording.sentences(finding, registry)
    level = finding.severity.value
    code = BY_ID.get(finding.code)
    title = f' title="{_esc(code.title)}"' if code else ""
    yield (
        f'<details><summary><span class="badge {level}"{title}>{_esc(finding.code)}</span>'
        f'<span class="what">{_said(said.who)}</span>'
        f"<code>{_esc(finding.path)}:{_esc(ranges_text(finding.lines), 120)}</code></summary><div>"
    )
    if said.rule:
        yield f"<p>{_said(said.rule)}.</p>"
    if finding.promise:
        yield f"<p>A reviewer promises: {_esc(finding.promise)}</p>"
    yield from (f"<p>{_said(note)}</p>" for note in finding.notes)
    yield '<div class="scroll"><table><tr><th>evidence</th><th>known from</th><th>lines</th><th class="number">strength</th></tr>'
    for piece, known in list(zip(finding.evidence, said.known, strict=True))[:_PIECES]:
        yield (
            f"<tr><td>{piece.evidence_class}</td><td>{_said(known)}</td>"
            f'<td class="lines">{_esc(ranges_text(piece.lines), 60)}</td>'
            f'<td class="number">{piece.confidence:.2f}</td></tr>'
        )
    yield "</table></div>"
    if len(finding.evidence) > _PIECES:
        yield f'<p class="soft">and {len(finding.evidence) - _PIECES:,} more</p>'
    commands = [f"whence explain {wording.place(finding)}"]
    if finding.code == "review-missing" and not finding.rejected:
        commands.insert(0, wording.review_command(finding))
    yield f"<p>Next: {_said(wording.ended(said.next))}</p>"
    yield (
        "<ul>"
        + "".join(f"<li><code>{_esc(command)}</code></li>" for command in commands)
        + "</ul></div></details>"
    )


def _overview(result: ScanResult, registry: Registry) -> Iterator[str]:
    """Which tool wrote how much, and, without a policy, where."""
    tools, files = overview_rows(result, registry)
    if not tools:
        return
    most = max(number for _, number, _ in tools)
    yield '<h2 id="tools">Tools</h2>'
    yield '<div class="scroll"><table><tr><th>tool</th><th class="number">lines</th><th>known from</th><th></th></tr>'
    for name, number, known in tools:
        yield (
            f'<tr><td>{_esc(name)}</td><td class="number">{number:,}</td><td>{_esc(known)}</td>'
            f"<td>{_meter(number, most, 'tool')}</td></tr>"
        )
    yield "</table></div>"
    if result.has_policy:
        return
    yield '<h2 id="files">Files</h2>'
    yield '<div class="scroll"><table><tr><th>file</th><th class="number">attributed</th><th class="number">of lines</th>'
    yield "<th>tools</th></tr>"
    for path, number, lines, names in files[:SHOWN]:
        yield (
            f'<tr><td><code>{_esc(path)}</code></td><td class="number">{number:,}</td><td class="number">{lines:,}</td>'
            f"<td>{_esc(names)}</td></tr>"
        )
    yield "</table></div>"


def _disputes(result: ScanResult, registry: Registry) -> Iterator[str]:
    if not result.disputes:
        return
    yield '<h2 id="disputes">Disputes</h2>'
    yield '<div class="scroll"><table><tr><th>where</th><th class="number">lines</th><th>who says what</th></tr>'
    for dispute in result.disputes[:SHOWN]:
        yield (
            f"<tr><td><code>{_esc(dispute.path)}:{_esc(ranges_text(dispute.lines), 120)}</code></td>"
            f'<td class="number">{count(dispute.lines):,}</td><td>{_esc(wording.disputed(dispute, registry))}</td></tr>'
        )
    yield "</table></div>"


def _gaps(entries: Iterable[NotMeasured]) -> Iterator[str]:
    lines = not_measured_lines(tuple(entries))
    yield '<h2 id="gaps">Not measured</h2>'
    if not lines:
        yield "<p>Nothing: every source of evidence that was asked could answer.</p>"
        return
    yield '<p class="soft">Nobody knows what is there; it is not known to be clean.</p>'
    yield (
        "<ul>" + "".join(f"<li>{_said(line.removeprefix('not measured: '))}</li>" for line in lines) + "</ul>"
    )
