"""Evidence from Agent Trace records (`.agent-trace/traces.jsonl`, anywhere in the workspace)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from whence import regular
from whence.evidence.agent_trace_files import FILE, FOLDER, trace_files
from whence.evidence.agent_trace_places import Budget, resolve
from whence.evidence.agent_trace_records import Claim, RecordError, claims
from whence.evidence.agent_trace_texts import Place, Template, Texts
from whence.evidence.interface import Context
from whence.evidence.origins import Origins, line_origins
from whence.evidence.present import Presence
from whence.model import Contributor, Document, Evidence, EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.ranges import Lines, from_pairs
from whence.repo import GitError
from whence.text import digest

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PreparedTraces:
    """What the records say of the lines at HEAD, and of text that is not committed yet."""

    head: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    """By workspace path at HEAD; `lines` are lines at HEAD."""
    loose: Mapping[str, tuple[tuple[Template, Evidence], ...]] = field(default_factory=dict)
    """By present path: uncommitted text, found again by its lines."""
    not_measured: tuple[NotMeasured, ...] = ()

    def quick(self, document: Document) -> bool:
        """Where no text has to be found again."""
        return document.path not in self.loose

    def claims(self, document: Document) -> Sequence[Evidence]:
        """The recorded evidence on a document's present lines."""
        made: list[tuple[Lines, Evidence]] = []
        at_head = self.head.get(document.head_path) if document.head_path is not None else None
        if at_head:
            presence = Presence.of(document)
            made += ((presence.lines(evidence.lines), evidence) for evidence in at_head)
        loose = self.loose.get(document.path)
        if loose:
            digests = [digest(line) for line in document.lines]
            free = [not line for line in document.head_lines or (0,) * len(digests)]
            made += ((template.stands(digests, free), evidence) for template, evidence in loose)
        return tuple(replace(evidence, lines=lines) for lines, evidence in made if lines)


@dataclass(frozen=True, slots=True)
class Record:
    """A claim and where it is written."""

    claim: Claim
    reference: str


class AgentTrace:
    """The reader of Agent Trace files."""

    name = "agent-trace"
    evidence_class = EvidenceClass.RECORDED

    def prepare(self, context: Context) -> PreparedTraces:
        """Read all records and find the text that they speak of."""
        missing: list[NotMeasured] = []
        records: dict[str, list[Record]] = {}
        try:
            for file in trace_files(context):
                context.report("Reading Agent Trace records")
                for record in _records(context, file, missing):
                    path = _workspace_path(context, record.claim.path, file)
                    if path is not None:
                        records.setdefault(path, []).append(record)
            if not records:
                return PreparedTraces(not_measured=tuple(missing))
            return _Search(context, records, missing).run()
        except GitError as error:
            missing.append(_missing(str(error)))
            return PreparedTraces(not_measured=tuple(missing))


def _missing(why: str, path: str | None = None, hint: str = "") -> NotMeasured:
    return NotMeasured("agent-trace", why, path, hint, EvidenceClass.RECORDED)


def _records(context: Context, file: str, missing: list[NotMeasured]) -> Iterator[Record]:
    """The claims of one trace file. Lines that are no records are named, the others count."""
    try:
        lines = regular.read(context.root / file, MAX_FILE_BYTES, links=False).split(b"\n")
    except regular.TooLargeError:
        missing.append(_missing(f"larger than {MAX_FILE_BYTES >> 20} MB", file))
        return
    except OSError as error:
        missing.append(_missing(f"could not be read: {error.strerror}", file))
        return
    faults: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if number % 500 == 0:
            context.check_cancelled()
        if not line.strip():
            continue
        try:
            found = claims(_json(line))
        except RecordError as error:
            faults.append((number, str(error)))
            continue
        yield from (Record(claim, f"{file}:{number}") for claim in found)
    missing += (_missing(f"{file}:{number}: {why}", file) for number, why in faults[:_SHOWN])
    if len(faults) > _SHOWN:
        missing.append(_missing(f"{len(faults) - _SHOWN} more lines that are no records", file))


def _json(line: bytes) -> object:
    if len(line) > MAX_LINE_BYTES:
        raise RecordError("the line is too long for a record")
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError("not JSON (cut off?)") from error


def _workspace_path(context: Context, path: str, file: str) -> str | None:
    """A recorded path relative to the workspace; None where it is none of the workspace's."""
    base = file.removesuffix(f"{FOLDER}/{FILE}")
    if path.startswith("/"):
        roots = {context.root.name} | ({context.repository.top.name} if context.repository else set())
        return resolve(path, context.paths, tuple(roots))
    plain = os.path.normpath(path).replace(os.sep, "/")
    if plain.startswith("../"):
        return None
    known = set(context.paths) if base else set()
    if base + plain in known:
        return base + plain
    prefix = context.repository.prefix if context.repository else ""
    if prefix and base + plain not in known and plain.startswith(prefix):
        return plain[len(prefix) :]
    return plain


class _Search:
    """One run over all records: texts are read once a file, line origins once for all."""

    def __init__(
        self, context: Context, records: Mapping[str, Sequence[Record]], missing: list[NotMeasured]
    ) -> None:
        self.context = context
        self.records = records
        self.missing = missing
        self.budget = Budget()
        self.head: dict[str, list[Evidence]] = {}
        self.loose: dict[str, list[tuple[Template, Evidence]]] = {}
        self.in_commits: list[tuple[str, Place, Evidence]] = []

    def run(self) -> PreparedTraces:
        texts = Texts(self.context, self.records.keys(), self._oldest())
        for path, records in self.records.items():
            self.context.check_cancelled()
            lost = 0
            for record in records:
                place = texts.place(path, record.claim, self.budget)
                lost += place is None
                if place is not None:
                    self._claim(path, record, place)
            if lost:
                why = f"{lost} record(s) without a usable content hash name lines that cannot be checked"
                self.missing.append(_missing(why, path))
        if self.budget.spent:
            self.missing.append(_missing("too much text to look for records that have moved"))
        self._follow()
        return PreparedTraces(
            {path: tuple(found) for path, found in self.head.items()},
            {path: tuple(found) for path, found in self.loose.items()},
            tuple(self.missing),
        )

    def _oldest(self) -> float:
        return min(record.claim.time.timestamp() for found in self.records.values() for record in found)

    def _claim(self, path: str, record: Record, place: Place) -> None:
        evidence = self._evidence(record, place)
        head_path = self.context.head_path(path)
        if place.head and head_path is not None:
            self.head.setdefault(head_path, []).append(replace(evidence, lines=place.head))
        for template in place.loose:
            self.loose.setdefault(path, []).append((template, evidence))
        if place.commit:
            self.in_commits.append((path, place, evidence))

    def _evidence(self, record: Record, place: Place) -> Evidence:
        claim = record.claim
        agent = self.context.registry.agent(claim.tool, claim.model)
        if agent.model_vendor is None and claim.model_vendor:
            agent = replace(agent, model_vendor=claim.model_vendor)
        human = claim.contributor is Contributor.HUMAN
        return Evidence(
            lines=(),
            agent=agent,
            evidence_class=EvidenceClass.RECORDED,
            source="agent-trace",
            reference=record.reference,
            confidence=place.confidence,
            time=claim.time,
            contributor=claim.contributor,
            detail=" ".join(part for part in (place.how, claim.url[:200]) if part),
            commit=place.commit,
            signal=f"trace:{'human' if human else agent.tool or 'unknown'}",
        )

    def _follow(self) -> None:
        """Take what was found in a commit to HEAD, through everything that happened since."""
        repository, head = self.context.repository, None
        if self.in_commits and repository is not None:
            head = repository.head()
        if repository is None or head is None:
            return
        commits = {place.commit for _, place, _ in self.in_commits if place.commit}
        origins = line_origins(repository, head, commits, check_cancelled=self.context.check_cancelled)
        self.missing += (
            replace(entry, evidence_class=EvidenceClass.RECORDED) for entry in origins.not_measured
        )
        for path, place, evidence in self.in_commits:
            name = repository.to_repository(path)
            for head_name, lines in _at_head(origins, place, name):
                where = repository.to_workspace(head_name)
                if where is not None:
                    self.head.setdefault(where, []).append(replace(evidence, lines=lines))


def _at_head(origins: Origins, place: Place, name: str) -> Iterator[tuple[str, Lines]]:
    """The HEAD lines, by repository path, of lines of one file in one commit."""
    for path, runs in origins.files.items():
        pairs = [
            (max(first, run.original_start) + run.start - run.original_start,
             min(last + run.start - run.original_start, run.end))
            for run in runs
            if run.commit == place.commit and run.original_path == name
            for first, last in place.lines
        ]  # fmt: skip
        lines = from_pairs(pairs)
        if lines:
            yield path, lines
