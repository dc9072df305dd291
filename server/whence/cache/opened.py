"""The cache of one workspace: `engine.prepare` asks it for the sources' answers, `workspace.scan` for the files' results."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import astuple, replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from whence import files
from whence.cache import place
from whence.cache.codec import Codec
from whence.cache.contents import Contents
from whence.cache.database import Database
from whence.cache.inputs import KEYS, History, Indexed, Workspace, digest
from whence.cache.lineages import Lineages
from whence.cache.marks import CONCERN_NOTHING, present
from whence.cache.sheet import Sheet
from whence.cache.sources import Kept, kept
from whence.cache.witness import PASSING, Witness, holds
from whence.evidence.interface import Silent
from whence.folders import index_file
from whence.model import NotMeasured
from whence.repo import GitError, Repository
from whence.standing import Standing

if TYPE_CHECKING:
    from whence.evidence.interface import Context, Prepared, Source
    from whence.evidence.sessions.reading import Reading

__all__ = ["Cache"]

_ONLY_GIT = ("git-history", "git-ai")
"""Sources whose answer for the whole workspace serves any part of it."""


class Cache:
    """The cache of one workspace, open. For one thread."""

    def __init__(
        self,
        database: Database,
        root: Path,
        witness: Witness | None = None,
        standing: Standing | None = None,
    ) -> None:
        self.database = database
        self.complete = True
        """Whether everything so far may be kept: no source without ground, no file without a settled result."""
        self.past = b""
        """Of whatever changes what git shows of old commits, once the sources were asked."""
        self._witness = witness
        self._standing = standing
        self.contents = Contents(database, root)
        self._sessions: Kept | None = None
        self._place = digest(os.fsencode(root))
        self._root = root

    @staticmethod
    def open(
        root: Path,
        repository: Repository | None,
        environment: Mapping[str, str],
        witness: Witness | None = None,
        standing: Standing | None = None,
    ) -> Cache | None:
        """Open the cache, or begin one; None where there can be none (no home, no right to write, a full disk)."""
        file = place.file(environment, repository.common_dir if repository else root)
        database = Database(file)
        return Cache(database, root, witness, standing) if database.usable else None

    @property
    def sheet(self) -> Sheet:
        """The page of the files of which there is nothing to tell."""
        return Sheet(self.database, self._place)

    def left_out(self, repository: Repository, paths: Sequence[str]) -> dict[str, str]:
        """What .gitattributes says of files (see `files.attributed`), asked again only when something may be new."""
        watching = Witness()
        standing = self._standing
        if standing is None:
            return files.attributed(repository, paths)
        inside = (f"{self._root}/{name}/.gitattributes" for name in _folders(paths))
        for file in (*standing.attributes, *inside):
            watching.note(file)
        facts = (f"{file} {fact}" for file, fact in sorted(watching.facts.items()))
        key = digest(self._place, standing.settings, "\0".join(paths), *facts)
        data = self.database.get("attributes", key)
        if data is not None:
            with contextlib.suppress(ValueError, TypeError):
                return dict(json.loads(data))
        found = files.attributed(repository, paths)
        if watching.settled:
            self.database.put("attributes", key, json.dumps(found).encode("ascii"), versions=8)
        return found

    def watching(self) -> contextlib.AbstractContextManager[None]:
        """Note what the file system is asked meanwhile, where somebody wants to know."""
        return self._witness.watching() if self._witness is not None else contextlib.nullcontext()

    def close(self) -> None:
        """Keep what was learned about files, and let go of the database."""
        self.contents.save()
        self.database.close()

    def sources(
        self,
        context: Context,
        found: Sequence[Source],
        head: str | None,
        blobs: Mapping[str, str],
        *,
        narrow: bool,
    ) -> tuple[Prepared, ...]:
        """The answers of all sources; only those whose ground has changed look for themselves.

        `blobs` are the files at HEAD by workspace path. `narrow`: the context names only some of the files.
        """
        every = context.paths if context.everything is None else context.everything
        history = self._history(context.repository, head)
        self.past = history.past if history is not None else b""
        registry = digest(*sorted(str(tool) for tool in context.registry.tools.values()))
        past = history.past if history is not None else b"no history"
        context = replace(context, memory=Lineages(self.database, past), known=self.contents.known)
        marks = Lineages(self.database, digest(past, registry, str(context.since)))
        git = replace(context, memory=marks)
        if history is None or (narrow and not marks.recent("lineage")):
            git = replace(context, memory=None)  # a look at the whole history is more than was asked for
        if not narrow:
            self.contents.forget_others(every)
            # Also what is deleted or left out today, so that the answer does not depend on that.
            git = replace(git, paths=tuple(sorted({*context.paths, *blobs})))
        ready: dict[str, Callable[[], Prepared]] = {}
        workspace = Workspace(
            context,
            history,
            registry,
            lambda: self.contents.digests(every),
            partial(self._indexed, context, history, ready),
            {path.rpartition("/")[0] for path in blobs},
        )
        at_head = {context.head_path(path) for path in context.paths}
        answers: list[Prepared] = []
        for source in found:
            context.check_cancelled()
            only_git = source.name in _ONLY_GIT
            key_of = KEYS.get(source.name)
            with self.watching():
                key = key_of(workspace) if key_of is not None and (only_git or not narrow) else None
            self.complete = self.complete and (key is not None or source.name in CONCERN_NOTHING)
            prepare = ready.get(source.name, partial(source.prepare, git if only_git else context))
            mark = partial(self._marks, context, every, key) if source.name == "sessions" and key else None
            answer = kept(self.database, source.name, self._place, key, prepare, keep=not narrow, mark=mark)
            self.complete = self.complete and not answer.passing
            if source.name == "sessions":
                self._sessions = answer
            if only_git:
                answer.not_measured = tuple(
                    gap for gap in answer.not_measured if gap.path is None or gap.path in at_head
                )
            answers.append(answer)
        return tuple(answers)

    def note_grounds(self, found: Mapping[str, Set[int]]) -> None:
        """Keep what the results of files rest on that were worked out with the sources' answers."""
        answer = self._sessions
        known = {path: answer.stamp(path) for path in found} if answer is not None else {}
        if answer is not None and any(known.values()):
            from whence.cache.affected import note_grounds, packed

            made = {(path, stamp): packed(found[path]) for path, stamp in known.items() if stamp}
            note_grounds(self.database, self._place, made)

    def _marks(
        self, context: Context, every: Sequence[str], key: bytes, answer: Prepared
    ) -> tuple[Mapping[str, str], str]:
        """A mark for each file that changes when sessions may say something else of it."""
        from whence.cache.affected import stamps
        from whence.evidence.sessions.prepared import PreparedSessions
        from whence.evidence.sessions.texts import name_of

        if not isinstance(answer, PreparedSessions) or context.memory is None:
            return {}, key.hex()
        texts = {path: name_of(path, content) for path, content in self.contents.digests(every).items()}
        # What is made in a hurry now is made anew the next time.
        now = token_hex(8) if answer.passing else key.hex()[:16]
        learn = partial(_learn, context)
        found = stamps(self.database, self._place, context.memory, answer, texts, now, learn)
        return {present(path): stamp for path, stamp in found.items()}, answer.ground.rest

    def _history(self, repository: Repository | None, head: str | None) -> History | None:
        """None where git cannot tell: then nothing is known to be the same."""
        if repository is None:
            return None
        try:
            return History.of(self._standing or Standing.of(repository), head)
        except GitError:
            return None

    def _indexed(
        self, context: Context, history: History | None, ready: dict[str, Callable[[], Prepared]]
    ) -> Indexed | None:
        """The index of what tools wrote, with what came to the transcripts on this machine and in the repository.

        To look for them takes all readers; that the file system still answers the questions as it did then takes none.
        Where there are none in the repository, only a ref of another name could bring some. Where they were looked for
        the way to the answer is `ready`.
        """
        variables = [
            f"{name}={value}" for name, value in sorted(context.environment.items()) if name not in PASSING
        ]
        names, references = (history.names, history.references) if history is not None else (b"", b"")
        near, far = (digest(self._place, refs, *variables) for refs in (references, b"names" + names))
        able = self._witness is not None and (context.repository is None or history is not None)
        seen = (self._recalled(far) or self._recalled(near)) if able else None
        if seen is not None and seen[1].wrote:
            ready["sessions"] = partial(_answer, context, seen[1])
        if seen is None:
            watching = Witness()
            looked = self._looked(context, watching, ready)
            if looked is None:
                return None
            found, inside, complete = looked
            # Whoever takes something out of the index, or puts in what is no transcript, touches its file.
            file = index_file(context.environment)
            if file is not None:
                watching.facts.pop(
                    str(file), None
                )  # it may have been begun since somebody looked whether there is one
                watching.note(str(file))
            seen = watching.facts, found
            if able and watching.settled and complete:
                key = near if inside else far
                self.database.put("transcripts", key, json.dumps([seen[0], astuple(found)]).encode("ascii"))
            if self._witness is not None:
                self._witness.settled = self._witness.settled and watching.settled and complete
        if self._witness is not None:
            self._witness.facts.update(seen[0])
        return seen[1]

    def _looked(
        self, context: Context, watching: Witness, ready: dict[str, Callable[[], Prepared]]
    ) -> tuple[Indexed, bool, bool] | None:
        """What the index says, whether the repository holds transcripts, and whether all was read; None where the next
        run will find another index."""
        from whence.evidence.sessions.quiet import nothing_here

        with self._resting(), watching.watching():
            if nothing_here(context):
                ready["sessions"] = Silent
                return Indexed("nothing is here", False, ()), False, True
            with self._updated(context, watching) as reading:
                found = _indexed(reading, watching)
        ready["sessions"] = reading.answer
        return (found, reading.inside, reading.complete) if reading.lasting else None

    def _resting(self) -> contextlib.AbstractContextManager[None]:
        return self._witness.resting() if self._witness is not None else contextlib.nullcontext()

    @contextlib.contextmanager
    def _updated(self, context: Context, watching: Witness) -> Iterator[Reading]:
        """The index brought up to date; only the looking for transcripts is watched."""
        from whence.evidence.sessions.reading import Reading

        with watching.resting():
            reading = Reading(context)
        with reading:
            survey = reading.survey()
            for path in {one.path for one in survey.found}:
                watching.note(path)
            with watching.resting():
                reading.update(survey)
                yield reading

    def _recalled(self, key: bytes) -> tuple[dict[str, str], Indexed] | None:
        data = self.database.get("transcripts", key)
        if data is None:
            return None
        try:
            facts, (said, wrote, pages, unlisted, index, change, missing) = json.loads(data)
            found = Indexed(said, wrote, tuple(pages), tuple(unlisted), index, change, missing)
            return (facts, found) if holds(facts) else None
        except (ValueError, TypeError, AttributeError):
            return None


def _indexed(reading: Reading, watching: Witness) -> Indexed:
    """What the index says now; what else its answer will rest on is noted."""
    pages = tuple(sorted(reading.pages))
    if not reading.wrote or not reading.lasting:
        return Indexed(reading.said, reading.wrote, pages)
    unlisted = [str(reading.context.root / path) for path in reading.answering.unlisted]
    for path in unlisted:
        watching.note(path)
    missing = _Gaps.dumps(reading.says.missing).decode("ascii")
    seen = tuple(f"{path} {watching.facts[path]}" for path in unlisted)
    return Indexed(reading.said, True, pages, seen, reading.index, reading.change, missing)


_Gaps = Codec[tuple[NotMeasured, ...]](tuple[NotMeasured, ...])


def _answer(context: Context, indexed: Indexed) -> Prepared:
    """What sessions say, from an index that is known to be up to date."""
    from whence.evidence.sessions.answering import Answering, Said
    from whence.index.store import DiskStore

    said = Said(
        indexed.index, indexed.change, frozenset(indexed.pages), _Gaps.loads(indexed.missing.encode("ascii"))
    )
    return Answering(context, DiskStore(index_file(context.environment)), said).answer()


def _learn(context: Context, paths: Sequence[str]) -> None:
    """Have the texts of files remembered."""
    from whence.evidence.sessions.texts import Texts

    assert context.memory is not None
    read = {path: files.read(context.root, path).data for path in paths}
    texts = Texts(context.memory, lambda: False)
    list(texts.learned({path: data for path, data in read.items() if data is not None}))


def _folders(paths: Sequence[str]) -> set[str]:
    """The folders of files, and those around them; `""` is the workspace itself."""
    found = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
