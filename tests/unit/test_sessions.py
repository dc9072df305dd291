"""Session evidence as a whole: from transcripts on disk to claims on lines."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.git import Repo
from support.indexes import said
from support.opencode import OpenCode
from support.transcripts import START, Claude, Codex
from whence.errors import Cancelled
from whence.evidence.interface import Context
from whence.evidence.sessions import harvest, reading, updating
from whence.evidence.sessions.interface import Reader, Transcript
from whence.evidence.sessions.prepared import PreparedSessions
from whence.evidence.sessions.source import Sessions
from whence.model import Contributor, Document, Evidence, EvidenceClass
from whence.repo import Repository
from whence.tools import Registry

CODE = """\
import math


def flash_attention(query, key, value, dropout):
    scores = query @ key.transpose(-2, -1)
    weights = softmax(scores / math.sqrt(query.shape[-1]))

    if dropout:
        weights = drop(weights, probability=dropout)
    return weights @ value
"""
HUMAN = """\
def price_of(item, currency):
    return convert(item.price, currency) * item.amount
"""
OTHER = "".join(
    f"total_{number} = sum_of(column_{number}, where=condition_{number})\n" for number in range(12)
)
LATER, BEFORE = START + timedelta(days=3), START - timedelta(days=300)


class Desk:
    """A home folder with sessions and a workspace."""

    def __init__(self, folder: Path, name: str = "proj") -> None:
        self.home = folder / "home"
        self.root = folder / name
        self.home.mkdir()
        self.root.mkdir(exist_ok=True)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = self.root / name.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def claude(self, cwd: str | None = None, **more: object) -> Claude:
        return Claude(self.home, cwd or str(self.root), **more)  # type: ignore[arg-type]

    def codex(self, cwd: str | None = None, **more: object) -> Codex:
        return Codex(self.home, cwd or str(self.root), **more)  # type: ignore[arg-type]

    def path(self, name: str) -> str:
        return str(self.root / name)

    def prepare(self, repository: Repository | None = None, **environment: str) -> PreparedSessions:
        names = [path.relative_to(self.root).as_posix() for path in self.root.rglob("*.*") if path.is_file()]
        context = Context(
            self.root, repository, Registry.builtin(), names, {"HOME": str(self.home), **environment}
        )
        return pickle.loads(pickle.dumps(Sessions().prepare(context)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def document(
    text: str,
    path: str = "a.py",
    *,
    committed: Sequence[datetime | None] | datetime | None = None,
    head: bool = False,
) -> Document:
    """A document; `committed` gives its lines' dates (None: that line is not committed), `head` only that it is in HEAD."""
    lines = tuple(text.split("\n")[:-1])
    if committed is None and not head:
        return Document(path, lines)
    dates = [committed] * len(lines) if not isinstance(committed, Sequence) else committed
    known = isinstance(committed, datetime | Sequence)
    here = tuple(0 if known and date is None else at for at, date in enumerate(dates, 1))
    times = tuple(date.timestamp() if date else 0.0 for date in dates) if known else None
    return Document(path, lines, path, here, times)


def check(
    prepared: PreparedSessions, asked: Document, expected: list[tuple[str, tuple[tuple[int, int], ...]]]
) -> list[Evidence]:
    """These tools' sessions are said to have written these lines of the document."""
    claims = list(prepared.claims(asked))
    assert [(claim.agent.tool, claim.lines) for claim in claims] == expected
    assert not expected or prepared.candidates(asked)
    return claims


def test_a_claim_says_who_when_and_where(desk: Desk) -> None:
    """Everything that explains a claim, down to the line of the transcript."""
    session = desk.claude()
    session.prompt("write it")
    session.write(desk.path("a.py"), CODE)
    session.save()
    (claim,) = check(desk.prepare(), document(CODE), [("claude-code", ((1, 10),))])
    assert claim.evidence_class is EvidenceClass.SESSION
    assert (claim.source, claim.signal, claim.similarity) == (
        "claude-code-session",
        "session:claude-code",
        1.0,
    )
    assert (claim.agent.vendor, claim.agent.model, claim.agent.model_vendor) == (
        "anthropic",
        "claude-opus-4-6",
        "anthropic",
    )
    shown = session.path.relative_to(desk.home).as_posix()
    assert claim.reference == f"session 3f2a91c0 ~/{shown}:2"
    assert (claim.time, claim.person) == (START + timedelta(seconds=3), None)
    assert claim.confidence > 0.9


def test_a_claim_from_a_database_names_its_record(desk: Desk) -> None:
    """There are no lines to point to; and the model says who made it, the tool being anybody's."""
    session = OpenCode(desk.home, folder=str(desk.root))
    session.prompt("write it")
    session.write(desk.path("a.py"), CODE)
    session.save()
    (claim,) = check(desk.prepare(), document(CODE), [("opencode", ((1, 10),))])
    assert (
        claim.reference == f"session {session.session[:8]} ~/.local/share/opencode/opencode.db toolu_prt_0001"
    )
    assert claim.agent.model_vendor == "anthropic"


def test_a_codex_claim_names_codex(desk: Desk) -> None:
    """The other reader's source, tool and vendor."""
    session = desk.codex()
    session.patch("a.py", None, CODE)
    session.save()
    (claim,) = check(desk.prepare(), document(CODE), [("codex", ((1, 10),))])
    assert (claim.source, claim.agent.vendor, claim.signal) == ("codex-session", "openai", "session:codex")


def test_another_vendors_model_is_kept_apart(desk: Desk) -> None:
    """A tool may run somebody else's model: both vendors are known."""
    session = desk.claude(model="gpt-5.4")
    session.write(desk.path("a.py"), CODE)
    session.save()
    (claim,) = desk.prepare().claims(document(CODE))
    assert (claim.agent.vendor, claim.agent.model_vendor) == ("anthropic", "openai")


def test_no_sessions_at_all_is_not_worth_a_word(desk: Desk) -> None:
    """Tools that were never used here leave no folder, and that is no gap."""
    prepared = desk.prepare()
    assert prepared.not_measured == ()
    check(prepared, document(CODE), [])


@pytest.mark.parametrize("outcome", ["refused", "failed", "denied", "staged", "missing"])
def test_a_refused_edit_claims_nothing(desk: Desk, outcome: str) -> None:
    """The full text stands in the transcript, and the person may have typed it."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE, outcome=outcome)
    session.save()
    check(desk.prepare(), document(CODE), [])


def test_a_changed_proposal_is_mixed(desk: Desk) -> None:
    """A person changed it before accepting."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE, changed={"userModified": True})
    session.save()
    (claim,) = desk.prepare().claims(document(CODE))
    assert claim.contributor is Contributor.MIXED


def test_a_person_who_committed_it_first_wrote_it(desk: Desk) -> None:
    """The lines' author dates settle it, with five minutes' slack."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.save()
    prepared = desk.prepare()
    check(prepared, document(CODE, committed=BEFORE), [])
    check(prepared, document(CODE, committed=START - timedelta(minutes=10)), [])
    check(prepared, document(CODE, committed=START - timedelta(minutes=4)), [("claude-code", ((1, 10),))])
    check(prepared, document(CODE, committed=LATER), [("claude-code", ((1, 10),))])
    mixed = [BEFORE] * 3 + [LATER] * 3 + [None] * 4
    check(prepared, document(CODE, committed=mixed), [("claude-code", ((4, 10),))])


def test_of_two_equal_lines_their_dates_tell_which_is_the_tools(desk: Desk) -> None:
    """Without dates nobody knows; the document says that a look at them is worth it."""
    line = "    logger.warning('conversion failed for %s', item)\n"
    session = desk.claude()
    session.edit(desk.path("a.py"), HUMAN, line + HUMAN)
    session.save()
    text = line + "\nprices = {}\n" + line
    dates = [BEFORE, BEFORE, BEFORE, LATER]
    prepared = desk.prepare()
    check(prepared, document(text, committed=dates), [("claude-code", ((4, 4),))])
    check(prepared, document(text), [])


def test_without_dates_no_committed_line_is_claimed(desk: Desk) -> None:
    """Before the dates are looked up only uncommitted lines are; and the document says that a look is worth it."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.save()
    prepared = desk.prepare()
    asked = document(CODE, head=True)
    check(prepared, asked, [])
    assert prepared.candidates(asked)
    assert not prepared.candidates(document(HUMAN, head=True))
    half = Document("a.py", asked.lines, "a.py", (1, 2, 3, 4, 5, 6, 7, 0, 0, 0), None)
    check(prepared, half, [("claude-code", ((8, 10),))])


def test_a_file_in_head_whose_text_could_not_be_read_claims_nothing(desk: Desk) -> None:
    """Any of its lines may be old."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.save()
    check(desk.prepare(), Document("a.py", document(CODE).lines, "a.py", None, None), [])


def test_a_whole_file_rewrite_claims_its_new_lines_only(desk: Desk) -> None:
    """The person's lines around them stay theirs, committed or not."""
    session = desk.claude()
    session.write(desk.path("a.py"), HUMAN + "\n" + CODE, original=HUMAN)
    session.save()
    check(desk.prepare(), document(HUMAN + "\n" + CODE), [("claude-code", ((4, 13),))])


@pytest.mark.parametrize("how", ["read", "prompt", "cat"])
def test_what_the_session_saw_before_is_not_its_own(desk: Desk, how: str) -> None:
    """Moving a person's function claims nothing."""
    session = desk.claude()
    if how == "read":
        session.read(desk.path("old.py"), CODE)
    elif how == "prompt":
        session.prompt("move this:\n" + CODE)
    else:
        session.bash("cat old.py", CODE)
    session.write(desk.path("a.py"), CODE)
    session.save()
    check(desk.prepare(), document(CODE), [])


def test_text_of_a_commit_message_is_not_code(desk: Desk) -> None:
    """Even when the message quotes the code."""
    session = desk.claude()
    session.bash(f"git commit -m \"$(cat <<'EOF'\n{CODE}EOF\n)\"")
    session.save()
    check(desk.prepare(), document(CODE), [])


def test_an_unrelated_project_claims_nothing(desk: Desk) -> None:
    """A session elsewhere shares imports, brackets and idioms with everybody."""
    idioms = "import os\nimport sys\n\n\ndef main():\n    if err != nil {\n        return err\n    }\n    return None\n"
    session = desk.claude("/srv/elsewhere")
    session.write("/srv/elsewhere/a.py", CODE + idioms)
    session.save()
    prepared = desk.prepare()
    check(prepared, document(idioms + HUMAN), [])
    check(prepared, document(idioms + HUMAN + CODE.split("\n")[4] + "\n"), [])


def test_text_pasted_from_another_project_is_claimed_when_long(desk: Desk) -> None:
    """Eight lines of one's own are no coincidence; the claim says where they were written."""
    session = desk.claude("/srv/elsewhere")
    session.write("/srv/elsewhere/x.py", OTHER)
    session.save()
    (claim,) = check(desk.prepare(), document(HUMAN + OTHER), [("claude-code", ((3, 14),))])
    assert claim.detail == "written in another project, as /srv/elsewhere/x.py"
    assert claim.confidence < 0.9


def test_a_renamed_file_keeps_its_origin(desk: Desk) -> None:
    """The file was written under another name, which is gone."""
    session = desk.claude()
    session.write(desk.path("old/a_py.py"), CODE)
    session.save()
    desk.write(new_py=CODE)
    (claim,) = check(desk.prepare(), document(CODE, "new.py"), [("claude-code", ((1, 10),))])
    assert claim.detail.startswith("written into a file that this one was, or is a copy of")


def test_an_uncommitted_rename_is_followed_by_its_old_name(desk: Desk) -> None:
    """head_path is the name under which the session knew the file."""
    session = desk.claude()
    session.edit(desk.path("old.py"), "x = 1\n", "x = compute_the_limit(1)\n")
    session.save()
    asked = Document("new.py", ("x = compute_the_limit(1)",), "old.py", (0,), (0.0,))
    check(desk.prepare(), asked, [("claude-code", ((1, 1),))])


def test_a_persons_own_boilerplate_in_another_file_is_theirs(desk: Desk) -> None:
    """The text still stands where the tool put it; a few of its lines elsewhere prove nothing, all of them a copy."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.save()
    few = "".join(CODE.splitlines(keepends=True)[7:])
    desk.write(a_py=CODE, b_py=few, c_py=CODE)
    prepared = desk.prepare()
    check(prepared, document(few, "b.py"), [])
    check(prepared, document(CODE, "c.py"), [("claude-code", ((4, 10),))])
    check(prepared, document(CODE, "a.py"), [("claude-code", ((1, 10),))])


def test_forks_resumed_sessions_and_wrapped_subagents_count_once(desk: Desk) -> None:
    """Copies of a session under another name hold the same calls: the claim is made once."""
    first = desk.claude()
    first.write(desk.path("a.py"), CODE)
    first.save()
    copy = desk.claude(session="9e000000-0000-4000-8000-000000000002")
    copy.records = [{**record, "sessionId": copy.session} for record in first.records]
    copy.save()
    wrapped = desk.claude(session="7c000000-0000-4000-8000-000000000003", place="progress")
    wrapped.write(desk.path("b.py"), OTHER)
    wrapped.save()
    apart = desk.claude(session=wrapped.session, place="subagent")
    apart.write(
        desk.path("b.py"), OTHER, call_id=wrapped.records[0]["data"]["message"]["message"]["content"][0]["id"]
    )
    apart.save()
    prepared = desk.prepare()
    assert len(said(desk.home)) == 2
    (claim,) = check(prepared, document(CODE), [("claude-code", ((1, 10),))])
    assert "also" not in claim.detail
    check(prepared, document(OTHER, "b.py"), [("claude-code", ((1, 12),))])


@pytest.mark.parametrize("codex_first", [True, False])
def test_of_two_tools_that_wrote_the_same_the_first_counts(desk: Desk, codex_first: bool) -> None:
    """The later one is named in the claim."""
    one, two = (START, LATER) if codex_first else (LATER, START)
    session = desk.codex(start=one)
    session.patch("a.py", None, CODE)
    session.save()
    other = desk.claude(start=two)
    other.write(desk.path("a.py"), CODE)
    other.save()
    tool = "codex" if codex_first else "claude-code"
    (claim,) = check(desk.prepare(), document(CODE), [(tool, ((1, 10),))])
    assert claim.detail.endswith("also in session " + ("3f2a91c0" if codex_first else "019a0000"))


def test_windows_paths_reach_the_workspace_by_the_projects_name(desk: Desk) -> None:
    """A session on another machine, known by the files that are here too."""
    session = desk.claude("C:\\work\\proj")
    session.write("C:\\work\\proj\\app\\a.py", CODE.replace("\n", "\r\n"))
    session.write("C:\\work\\proj\\app\\b.py", "limit_of_rows = 4096\n")
    session.save()
    desk.write(app__a_py=CODE, app__b_py="limit_of_rows = 4096\n")
    prepared = desk.prepare()
    check(prepared, document("limit_of_rows = 4096  # rows\n", "app/b.py"), [])
    check(prepared, document("limit_of_rows = 4096\n", "app/b.py"), [])
    check(prepared, document(CODE, "app/a.py"), [("claude-code", ((1, 10),))])


def test_a_linked_work_tree_is_the_same_project(repo: Repo, tmp_path: Path) -> None:
    """What was written in one work tree is found in the other."""
    repo.commit("start", {"a.py": HUMAN})
    tree = tmp_path / "fix"
    repo.git("worktree", "add", "-q", str(tree))
    session = Claude(tmp_path / "home", str(tree))
    session.edit(str(tree / "a.py"), HUMAN, HUMAN + CODE)
    session.save()
    repository = Repository.open(repo.path, repo.environment)
    environment = {"HOME": str(tmp_path / "home")}
    prepared = Sessions().prepare(Context(repo.path, repository, Registry.builtin(), ["a.py"], environment))
    (claim,) = check(prepared, document(HUMAN + CODE), [("claude-code", ((3, 12),))])
    assert claim.detail == "written into this file"


def test_a_shallow_clone_claims_no_line_from_its_edge(repo: Repo, tmp_path: Path) -> None:
    """Lines older than the clone are all dated by its first commit, whoever wrote them first; and that is said."""
    repo.commit("old", {"a.py": CODE}, date="2020-01-01T00:00:00+00:00")
    edge = "2026-07-01T00:00:00+00:00"
    repo.commit("edge", {"b.py": HUMAN}, date=edge)
    clone = tmp_path / "proj"
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(clone))
    session = Claude(tmp_path / "home", str(clone))
    session.write(str(clone / "a.py"), CODE)
    session.save()
    environment = {**repo.environment, "HOME": str(tmp_path / "home")}
    repository = Repository.open(clone, environment)
    prepared = Sessions().prepare(Context(clone, repository, Registry.builtin(), ["a.py"], environment))
    check(prepared, document(CODE, committed=datetime.fromisoformat(edge)), [])
    check(prepared, document(CODE, committed=LATER), [("claude-code", ((1, 10),))])
    assert [item.hint for item in prepared.not_measured] == ["git fetch --unshallow"]
    session.cwd = "/srv/elsewhere"
    session.records.clear()
    session.write("/srv/elsewhere/x.py", OTHER)
    session.home = tmp_path / "other"
    session.save()
    environment = {**environment, "HOME": str(session.home)}
    other = Sessions().prepare(Context(clone, repository, Registry.builtin(), ["a.py"], environment))
    assert other.not_measured == ()


def test_common_lines_of_the_workspace_prove_nothing_elsewhere(desk: Desk) -> None:
    """A header that a tool wrote in one file and people keep in many."""
    session = desk.claude("/srv/elsewhere")
    session.write("/srv/elsewhere/x.py", OTHER)
    session.save()
    desk.write(b_py=OTHER, c_py=OTHER, d_py=OTHER)
    check(desk.prepare(), document(OTHER), [])


def test_damaged_transcripts_are_told_and_the_rest_counts(desk: Desk) -> None:
    """One entry a file, naming the line; everything else is read."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.write(desk.path("b.py"), OTHER)
    session.save().write_text(session.text()[:-30])
    assert desk.prepare().not_measured == ()  # as if it were being written
    os.utime(session.path, (0, 0))
    prepared = desk.prepare()
    (missing,) = prepared.not_measured
    assert (missing.what, missing.evidence_class, missing.path) == ("sessions", EvidenceClass.SESSION, None)
    assert missing.why.endswith(".jsonl: line 4: cut off")
    check(prepared, document(CODE), [("claude-code", ((1, 10),))])


def test_many_damaged_transcripts_do_not_flood_the_report(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first are listed, the rest are counted."""
    monkeypatch.setattr(reading, "MAX_FAULTS", 2)
    for number in range(5):
        session = desk.claude(session=f"{number}0000000-0000-4000-8000-000000000000")
        session.write(desk.path("a.py"), CODE)
        session.save().write_text('{"type":"user", broken\n')
    assert [item.why for item in desk.prepare().not_measured][2:] == [
        "3 more transcripts could not be read in full"
    ]


def test_the_sessions_of_this_workspace_are_read_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that is passed is told with its figures, and what matters most was read before."""
    for number in range(3):
        far = desk.claude(f"/srv/far{number}", session=f"{number}0000000-0000-4000-8000-000000000000")
        far.write(f"/srv/far{number}/x.py", OTHER)
        far.save()
    near = desk.claude()
    near.write(desk.path("a.py"), CODE)
    near.save()
    codex = desk.codex()
    codex.patch("b.py", None, OTHER)
    codex.save()
    begun = time.monotonic()

    class Slow(updating.Harvest):
        """Reads other projects' transcripts for hours."""

        def __init__(self, reader: Reader, transcript: Transcript, *more: Any) -> None:
            super().__init__(reader, transcript, *more)
            hours = 3600 * ("far" in transcript.shown)
            monkeypatch.setattr(updating.time, "monotonic", lambda: begun + hours)

    monkeypatch.setattr(updating, "Harvest", Slow)
    prepared = desk.prepare()
    monkeypatch.undo()
    (missing,) = prepared.not_measured
    assert "3 of 5 transcripts of other projects are not in the index yet" in missing.why
    assert missing.hint == "whence index build"
    check(prepared, document(CODE), [("claude-code", ((1, 10),))])
    check(prepared, document(OTHER, "b.py"), [("codex", ((1, 12),))])
    assert len(said(desk.home)) == 2


def test_a_transcript_that_the_budget_cuts_twice_is_missing_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are never more transcripts missing than there are."""
    session = desk.claude()
    for number in range(4):
        session.write(desk.path(f"a{number}.py"), CODE)
    session.save()
    monkeypatch.setattr(harvest, "REST_EVERY", 1)
    monkeypatch.setattr(harvest, "AT_ONCE", 1)
    begun = time.monotonic()

    class Slow(updating.Harvest):
        """Takes hours for its first part."""

        def readings(self) -> Iterator[Any]:
            for part in super().readings():
                monkeypatch.setattr(updating.time, "monotonic", lambda: begun + 3600)
                yield part

    monkeypatch.setattr(updating, "Harvest", Slow)
    prepared = desk.prepare()
    monkeypatch.undo()
    (missing,) = prepared.not_measured
    assert "1 of 1 transcripts, 1 of which may be of this workspace," in missing.why


def test_a_passed_budget_says_what_is_missing_here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transcripts of this workspace are told apart from all others."""
    monkeypatch.setattr(reading, "TIME_BUDGET", -1)
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.save()
    (missing,) = desk.prepare().not_measured
    assert "1 of 1 transcripts, 1 of which may be of this workspace, are not in the index yet" in missing.why


def test_the_work_can_be_taken_back(desk: Desk) -> None:
    """Cancelling stops inside a file."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.save()

    def cancel() -> None:
        raise Cancelled

    context = Context(
        desk.root, None, Registry.builtin(), [], {"HOME": str(desk.home)}, check_cancelled=cancel
    )
    with pytest.raises(Cancelled):
        Sessions().prepare(context)


def test_a_linked_transcript_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    """A link in a session folder may lead anywhere."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    outside = session.save(tmp_path / "outside.jsonl")
    session.path.parent.mkdir(parents=True)
    session.path.symlink_to(outside)
    prepared = desk.prepare()
    assert (prepared.store, prepared.not_measured) == (None, ())


def test_a_recorded_path_leads_nowhere_else(desk: Desk, tmp_path: Path) -> None:
    """Names that no disk can hold, and folders that are links out of the workspace, are not looked at."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text(OTHER)
    (desk.root / "link").symlink_to(outside)
    session = desk.claude()
    for name in ("nul\0.py", "\ud800.py", "x" * 300, "link/a.py", "../../../etc/passwd"):
        session.write(desk.path(name), OTHER)
    session.write(desk.path("a.py"), CODE)
    session.save()
    prepared = desk.prepare()
    assert not prepared.held
    check(prepared, document(CODE), [("claude-code", ((1, 10),))])


def test_the_prepared_answer_holds_no_text(desk: Desk) -> None:
    """Hashes and locators, never what was written."""
    session = desk.claude()
    session.write(desk.path("a.py"), CODE)
    session.save()
    assert b"flash_attention" not in pickle.dumps(desk.prepare())
