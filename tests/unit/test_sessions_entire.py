"""Entire's checkpoints: whose sessions they are, each call once, and nothing from what was blacked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.checkpoints import Checkpoints
from support.git import Repo
from support.transcripts import Claude, Codex
from whence.evidence.interface import Context
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Located, Places, Written
from whence.evidence.sessions.readers import every
from whence.evidence.sessions.readers.entire import Entire
from whence.evidence.sessions.source import Sessions
from whence.model import Document
from whence.repo import Repository
from whence.tools import Registry

ADA = "Ada Colleague <ada@example.org>"
THERE = "/Users/ada/work/other-name"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"
READER = next(reader for reader in every() if isinstance(reader, Entire))


@pytest.fixture
def checkpoints(repo: Repo) -> Checkpoints:
    repo.commit("start", {"a.py": "import math\n"})
    return Checkpoints(repo)


def located(repo: Repo) -> Located:
    repository = Repository.open(repo.path, repo.environment)
    return READER.locate(Places(repo.environment, repo.path, repository))


def written(repo: Repo, faults: list[str] | None = None) -> list[Written]:
    """What the sessions of the repository wrote, in order."""
    found: list[Written] = []
    for transcript in located(repo).transcripts:
        own_faults = Faults(transcript.shown)
        found += own(READER.read(transcript, own_faults, lambda _: None), own_faults)
        if own_faults.count:
            assert faults is not None, own_faults.first
            faults.append(own_faults.first)
    return found


def session(folder: Path, cwd: str = THERE, **more: object) -> Claude:
    return Claude(folder, cwd, **more)  # type: ignore[arg-type]


def test_a_colleagues_session_is_theirs_and_is_found_here(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """Their name from the checkpoint's commit, their checkout's folder taken for this one."""
    made = session(tmp_path)
    made.read(f"{THERE}/lib/b.py", "value = 1\n")
    call = made.write(f"{THERE}/lib/a.py", NEW)
    name = checkpoints.add(made.text(), touched=("lib/a.py",), author=ADA)
    repo = checkpoints.repo
    (item,) = written(repo)
    assert (item.tool, item.model, item.person) == ("claude-code", "claude-opus-4-6", ADA)
    assert (item.path, item.cwd) == (f"{repo.path}/lib/a.py", str(repo.path))
    assert item.session == made.session
    shown = f"entire/checkpoints/v1:{name[:2]}/{name[2:]}/0/full.jsonl"
    assert (item.locator.file, item.locator.line, item.locator.record) == (shown, 3, call)
    data = checkpoints.repo.git("show", shown).encode()[item.locator.offset :]
    assert json.loads(data.split(b"\n")[0])["message"]["content"][0]["id"] == call


def test_a_claim_names_the_one_who_prompted(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """From the branch to a claim on lines: the person is the checkpoint's, not this machine's user."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW + MORE)
    checkpoints.add(made.text(), touched=("a.py",), author=ADA)
    repo = checkpoints.repo
    repository = Repository.open(repo.path, repo.environment)
    context = Context(repo.path, repository, Registry.builtin(), ["a.py"], {"HOME": str(tmp_path / "none")})
    lines = tuple((NEW + MORE).splitlines())
    (claim,) = Sessions().prepare(context).claims(Document("a.py", lines))
    assert (claim.person, claim.source, claim.lines) == (ADA, "entire-checkpoint", ((1, 4),))
    assert claim.detail == "written into this file"


def test_codex_sessions_are_read_by_their_own_reader(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """The session's name comes from the metadata, as the file has none."""
    made = Codex(tmp_path, THERE)
    made.patch("lib/a.py", None, NEW)
    checkpoints.add(made.text(), agent="Codex", session=made.session, touched=("lib/a.py",))
    (item,) = written(checkpoints.repo)
    assert (item.tool, item.session) == ("codex", made.session)
    assert item.path == f"{checkpoints.repo.path}/lib/a.py"


def test_a_session_that_grows_over_checkpoints_counts_once(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """Each checkpoint repeats the session from its start; a call that was cut in one is whole in the next."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW)
    checkpoints.add(made.text(), touched=("a.py",))
    made.edit(f"{THERE}/a.py", NEW, NEW + MORE)
    cut = "".join(json.dumps(record) + "\n" for record in made.records[:-1])
    checkpoints.add(cut, touched=("a.py",))
    checkpoints.add(made.text(), touched=("a.py",))
    found = written(checkpoints.repo)
    assert [item.lines for item in found] == [tuple(NEW.splitlines()), tuple(MORE.splitlines())]
    assert len(located(checkpoints.repo).transcripts) == 1


def test_a_session_in_parts_is_one_session(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """Early versions kept what came since the last checkpoint: a call and its result may be apart, and what the
    session wrote in one part is still its own in the next."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW)
    made.read(f"{THERE}/a.py", NEW)
    made.write(f"{THERE}/b.py", NEW + MORE)
    lines = made.text().splitlines(keepends=True)
    for part in (lines[:1], lines[1:3], lines[3:]):
        checkpoints.add("".join(part), agent=None, session="2026-06-01-" + made.session)
    assert [(item.path[-4:], len(item.lines)) for item in written(checkpoints.repo)] == [
        ("a.py", 2),
        ("b.py", 4),
    ]
    assert {item.session for item in written(checkpoints.repo)} == {made.session}


@pytest.mark.parametrize("outcome", ["refused", "failed", "missing", "interrupted"])
def test_what_did_not_happen_was_not_written(checkpoints: Checkpoints, tmp_path: Path, outcome: str) -> None:
    """The tool's reader decides, over all checkpoints."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW, outcome=outcome)
    checkpoints.add(made.text())
    checkpoints.add(made.text())
    assert written(checkpoints.repo) == []


def test_blacked_out_lines_are_nobodys(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """Neither written, nor read, nor known as neighbours; what stands around them is kept."""
    made = session(tmp_path)
    text = "limit_of_rows = 4096\ntoken = 'REDACTED'\nlimit_of_columns = 512\n"
    made.read(f"{THERE}/b.py", "password = REDACTED\nname_of_host = 'x'\n")
    made.write(f"{THERE}/a.py", text)
    made.edit(f"{THERE}/a.py", "token = 'REDACTED'", "token = 'REDACTED'\nretries = 3", original=text)
    made.write(f"{THERE}/c.py", "key = 'REDACTED'\n")
    checkpoints.add(made.text())
    (transcript,) = located(checkpoints.repo).transcripts
    events = list(READER.read(transcript, Faults(""), lambda _: None))
    every = [line for event in events for line in event.lines]
    blocks = [block for event in events if isinstance(event, Written) for block in event.blocks]
    assert not any("REDACTED" in line for line in every)
    assert [(block.lines, block.before, block.after) for block in blocks] == [
        (("limit_of_rows = 4096",), None, None),
        (("limit_of_columns = 512",), None, None),
        (("retries = 3",), None, "limit_of_columns = 512"),
    ]


@pytest.mark.parametrize("agent", ["Gemini CLI", "Agent", "", None, "Something New", "Codex"])
def test_a_wrong_name_of_the_tool_does_no_harm(
    checkpoints: Checkpoints, tmp_path: Path, agent: str | None
) -> None:
    """Real branches call Claude Code's transcripts Gemini's; the transcript itself tells."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW)
    checkpoints.add(made.text(), agent=agent)
    assert [item.tool for item in written(checkpoints.repo)] == ["claude-code"]


def test_a_tool_without_a_reader_is_told(checkpoints: Checkpoints) -> None:
    """Not measured, and named."""
    checkpoints.add('{"something": "else"}\n', agent="Brand\x1b New Agent")
    faults: list[str] = []
    assert written(checkpoints.repo, faults) == []
    assert len(faults) == 1
    assert faults[0].startswith("a transcript of Brand")
    assert "\x1b" not in faults[0]


def test_remote_tracking_branches_count_too(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """A clone has the branch as origin's; what is there twice is read once."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW)
    checkpoints.add(made.text(), author=ADA)
    repo = checkpoints.repo
    tip = repo.git("rev-parse", checkpoints.ref)
    repo.git("update-ref", "refs/remotes/upstream/entire/checkpoints/v1", tip)
    assert len(written(repo)) == 1
    repo.git("update-ref", "-d", checkpoints.ref)
    (item,) = written(repo)
    assert item.person == ADA
    assert item.locator.file.startswith("upstream/entire/checkpoints/v1:")
    assert repo.git("show", item.locator.file)


def test_checkpoints_with_a_ref_each_are_found(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """The newer way to keep them, several sessions in one included."""
    for number in range(2):
        made = session(tmp_path, session=f"{number}f2a91c0-0000-4000-8000-000000000001")
        made.write(f"{THERE}/{number}.py", NEW)
        checkpoints.add(made.text(), session=made.session, number=number, same=bool(number))
    made = session(tmp_path, session="9f2a91c0-0000-4000-8000-000000000001")
    made.write(f"{THERE}/9.py", NEW)
    checkpoints.add(made.text(), session=made.session)
    checkpoints.as_refs(ADA)
    found = written(checkpoints.repo)
    assert sorted(item.path[-4:] for item in found) == ["0.py", "1.py", "9.py"]
    assert {item.person for item in found} == {ADA}
    assert checkpoints.repo.git("show", found[0].locator.file)


def test_transcripts_in_pieces_are_put_together(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """Over 50 MB they are cut at line ends."""
    made = session(tmp_path)
    for number in range(9):
        made.write(f"{THERE}/{number}.py", NEW.replace("first", f"number_{number}"))
    checkpoints.add(made.text(), chunks=3)
    assert len(written(checkpoints.repo)) == 9


def test_subagents_files_are_read(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """They lie beside the session's own transcript."""
    main = session(tmp_path)
    main.write(f"{THERE}/a.py", NEW)
    apart = session(tmp_path, place="subagent", version="2.1.233")
    apart.write(f"{THERE}/b.py", MORE)
    checkpoints.add(main.text(), tasks={"toolu_01": apart.text()})
    found = {item.path[-4:]: item.session for item in written(checkpoints.repo)}
    assert found == {"a.py": main.session, "b.py": main.session}


def test_what_later_checkpoints_repeat_is_not_counted_as_read(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    """So that scans' budget reaches to all sessions of a project that has them from every commit."""
    made = session(tmp_path)
    for number in range(20):
        made.write(f"{THERE}/a{number}.py", NEW)
        checkpoints.add(made.text(), session=made.session)
    (transcript,) = located(checkpoints.repo).transcripts
    read: list[int] = []
    assert len(list(READER.read(transcript, Faults(""), read.append))) >= 20
    assert sum(read) == len(made.text().encode())
    assert transcript.size > 5 * sum(read)


def test_missing_objects_are_told_and_the_rest_is_read(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """Clones without some objects are common: they are counted, with the way to get them."""
    first = session(tmp_path)
    first.write(f"{THERE}/a.py", NEW)
    second = session(tmp_path, session="9f2a91c0-0000-4000-8000-000000000001")
    second.write(f"{THERE}/b.py", MORE)
    checkpoints.add(first.text(), session=first.session)
    checkpoints.add(second.text(), session=second.session)
    gone = next(name for path, name in checkpoints.files.items() if path.endswith("full.jsonl"))
    (checkpoints.repo.path / ".git/objects" / gone[:2] / gone[2:]).unlink()
    assert [item.lines for item in written(checkpoints.repo)] == [tuple(MORE.splitlines())]
    (problem,) = located(checkpoints.repo).problems
    assert problem.why.startswith("1 transcripts of entire/checkpoints/v1 are not in this clone")


def test_the_hint_gets_what_a_partial_clone_left_behind(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """Nothing is fetched by itself; the command that is told does it."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW)
    checkpoints.add(made.text())
    origin = checkpoints.repo
    origin.git("config", "uploadpack.allowFilter", "true")
    place = tmp_path / "clone"
    origin.git("clone", "-q", "--filter=blob:none", f"file://{origin.path}", str(place))
    repository = Repository.open(place, origin.environment)
    where = Places(origin.environment, place, repository)
    (problem,) = READER.locate(where).problems
    assert READER.locate(where).transcripts == ()
    origin.git("-C", str(place), *problem.hint.split()[1:])
    again = READER.locate(where)
    assert (len(again.transcripts), again.problems) == (1, ())


def test_a_clone_without_checkpoints_says_so(repo: Repo) -> None:
    """Where the project uses Entire and none of its refs came along."""
    repo.commit("start", {"a.py": "x\n"})
    assert located(repo) == Located()
    repo.commit("record", {".entire/settings.json": "{}"})
    (problem,) = located(repo).problems
    assert problem.hint == "git fetch origin entire/checkpoints/v1:entire/checkpoints/v1"
    assert READER.locate(Places(repo.environment, repo.path, None)) == Located()


@pytest.mark.parametrize(
    ("cwd", "path", "touched", "expected"),
    [
        (THERE, f"{THERE}/lib/a.py", ("lib/a.py",), "lib/a.py"),
        (f"{THERE}/lib", f"{THERE}/lib/a.py", ("lib/a.py",), "lib/a.py"),
        ("C:\\work\\app", "C:\\work\\app\\lib\\ä.py", ("lib/ä.py",), "lib/ä.py"),
        (THERE, f"{THERE}/docs/README.md", ("README.md",), None),
        (THERE, "/somewhere/else/lib/a.py", ("lib/a.py",), None),
        (THERE, f"{THERE}/a.py", (), None),
        ("/", "/lib/a.py", ("lib/a.py",), None),
    ],
)
def test_a_folder_elsewhere_is_this_repository_only_when_known_to_be(
    checkpoints: Checkpoints,
    tmp_path: Path,
    cwd: str,
    path: str,
    touched: tuple[str, ...],
    expected: str | None,
) -> None:
    """By a file that Entire saw the session change, below the folder in which it worked."""
    made = session(tmp_path, cwd)
    made.write(path, NEW)
    checkpoints.add(made.text(), touched=touched)
    (item,) = written(checkpoints.repo)
    assert item.path == (path if expected is None else f"{checkpoints.repo.path}/{expected}")


def test_damaged_transcripts_name_their_checkpoint(checkpoints: Checkpoints, tmp_path: Path) -> None:
    """A line that the blacking out broke, in one of two checkpoints."""
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW)
    text = made.text()
    name = checkpoints.add('{"type":"user", REDACTED\n' + text)
    checkpoints.add(text)
    faults: list[str] = []
    assert len(written(checkpoints.repo, faults)) == 1
    assert faults == [f"in entire/checkpoints/v1:{name[:2]}/{name[2:]}/0/full.jsonl, line 1: not JSON"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(
    field=st.sampled_from(
        ["session_id", "agent", "model", "created_at", "files_touched", "checkpoint_id", "sessions"]
    ),
    value=JUNK,
    noise=st.binary(max_size=60),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_metadata_is_survived(tmp_path: Path, field: str, value: object, noise: bytes) -> None:
    """Whatever metadata.json and the transcript hold, nothing raises."""
    repo = Repo(tmp_path / "any")
    repo.commit("start")
    checkpoints = Checkpoints(repo)
    made = session(tmp_path)
    made.write(f"{THERE}/a.py", NEW)
    checkpoints.add(made.text().encode() + noise, **{field: value})
    checkpoints.put("ff/0123456789/0/metadata.json", json.dumps(value).encode())
    checkpoints.put("ff/0123456789/0/full.jsonl", noise)
    checkpoints.put("ee/0123456789/0/metadata.json", noise)
    checkpoints.put("ee/0123456789/full.jsonl", noise)
    checkpoints.put("ee/0123456789/0/full.jsonl/is-a-folder", noise)
    checkpoints.commit("Checkpoint: junk")
    assert len(written(repo, [])) >= 1
    checkpoints.as_refs()
    written(repo, [])
