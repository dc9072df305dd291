"""`whence index`: build, status, export, import, purge."""

from __future__ import annotations

import json
import os
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from support.cli import Done, whence
from support.git import Repo
from support.indexes import reads, said
from support.transcripts import Claude, Codex

CODE = "".join(
    f"    total_{number} = sum_of(column_{number}, where=condition_{number})\n" for number in range(12)
)
OTHER = "".join(f"    share_{number} = part_of(total_{number}, by=weight_{number})\n" for number in range(12))
KEY = "a key that a team shares among itself"
DAY = 86_400


class Desk:
    """A person's home folder and clone."""

    def __init__(self, folder: Path, name: str) -> None:
        self.home = folder / name
        self.root = folder / f"{name}-work" / "proj"
        self.root.mkdir(parents=True)
        self.home.mkdir()
        self.repo = Repo(self.root)
        (self.home / "team.key").write_text(KEY)

    def run(self, *arguments: str, **environment: str) -> Done:
        """One command in the clone."""
        return whence(self.root, {**self.repo.environment, "HOME": str(self.home), **environment}, *arguments)

    def good(self, *arguments: str) -> Done:
        done = self.run(*arguments)
        assert done.status == 0, done.err
        return done

    def session(self, path: str = "a.py", text: str = CODE, **more: object) -> Path:
        """Claude Code wrote a file and read another."""
        session = Claude(self.home, str(self.root), **more)  # type: ignore[arg-type]
        session.read(str(self.root / "seen.py"), OTHER)
        session.write(str(self.root / path), text)
        return session.save()

    def status(self) -> dict[str, object]:
        found = self.good("index", "status", "--format", "json").json
        schema = json.loads(files("whence").joinpath("schemas/index-status.schema.json").read_text("utf-8"))
        jsonschema.validate(found, schema)
        assert isinstance(found, dict)
        return found

    def blame(self, path: str) -> list[str | None]:
        lines = self.good("blame", path, "--format", "json").json["lines"]
        return [line["tool"] for line in lines]


@pytest.fixture
def ada(tmp_path: Path) -> Desk:
    return Desk(tmp_path, "ada")


@pytest.fixture
def ben(tmp_path: Path) -> Desk:
    return Desk(tmp_path, "ben")


def only_tool(found: dict[str, object]) -> dict[str, object]:
    tools = found["tools"]
    assert isinstance(tools, list)
    (tool,) = tools
    assert isinstance(tool, dict)
    return tool


def test_a_first_build_reads_everything_and_a_second_nothing(ada: Desk) -> None:
    """What was done, and how large the index is."""
    path = ada.session()
    size = path.stat().st_size
    assert ada.good("index", "build").out.startswith(f"read {size / 1000:.1f} kB of 1 transcript in ")
    assert ada.good("index", "build").out.startswith("read 0 bytes of 0 transcripts in ")
    assert ada.good("index", "build", "--again").out.startswith(
        f"read {size / 1000:.1f} kB of 1 transcript in "
    )


def test_status_counts_what_is_there_and_what_is_missing(ada: Desk) -> None:
    """Before and after the build, and after the tool deleted its transcript."""
    path = ada.session()
    found = ada.status()
    assert (found["index"], found["bytes"]) == (None, 0)
    tool = only_tool(found)
    assert (tool["transcripts"], tool["not_indexed"], tool["writes"]) == (1, 1, 0)
    assert "  not read yet\n" in ada.good("index", "status").out
    ada.good("index", "build")
    found = ada.status()
    tool = only_tool(found)
    assert {name: tool[name] for name in ("tool", "sessions", "writes", "lines", "files_shown", "not_indexed", "gone")} == {
        "tool": "Claude Code", "sessions": 1, "writes": 1, "lines": 12, "files_shown": 1, "not_indexed": 0, "gone": 0,
    }  # fmt: skip
    assert (tool["first"], tool["last"]) == ("2026-06-01T10:00:04Z", "2026-06-01T10:00:04Z")
    path.unlink()
    ada.good("index", "build")
    tool = only_tool(ada.status())
    assert (tool["lines"], tool["transcripts"], tool["gone"]) == (12, 0, 1)
    text = ada.good("index", "status").out
    assert "1 session, 1 write of 12 lines, 2026-06-01 to 2026-06-01" in text
    assert "from 0 transcripts on this machine, and 1 that is no more" in text


def test_status_warns_before_a_tool_deletes_what_is_not_indexed(ada: Desk) -> None:
    """By the tool's own setting, and by its default."""
    path = ada.session()
    old = time.time() - 25 * DAY
    os.utime(path, (old, old))
    tool = only_tool(ada.status())
    assert (tool["soon_deleted"], tool["kept_days"]) == (1, 30.0)
    said = ada.good("index", "status").out
    assert "1 transcript of Claude Code (" in said
    assert (
        ") is not in the index: whence index build\nit will be deleted by Claude Code within 7 days" in said
    )
    settings = ada.home / ".claude" / "settings.json"
    settings.write_text('{"cleanupPeriodDays": 99999}')
    assert only_tool(ada.status())["soon_deleted"] == 0
    settings.write_text('{"cleanupPeriodDays": 26}')
    tool = only_tool(ada.status())
    assert (tool["soon_deleted"], tool["kept_setting"]) == (1, "cleanupPeriodDays in ~/.claude/settings.json")
    ada.good("index", "build")
    assert only_tool(ada.status())["soon_deleted"] == 0


def test_status_names_what_could_not_be_read(ada: Desk) -> None:
    """The transcript, the line, the fault."""
    path = ada.session()
    path.write_text(path.read_text() + '{"type":"user" broken\n')
    ada.good("index", "build")
    assert only_tool(ada.status())["not_readable"] == [
        {"transcript": f"~/{path.relative_to(ada.home).as_posix()}", "why": "line 5: not JSON", "count": 1}
    ]


def test_the_schema_is_printed(ada: Desk) -> None:
    """As the package ships it."""
    schema = json.loads(ada.good("index", "status", "--schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_without_any_transcript_no_file_is_made(ada: Desk) -> None:
    """Nothing to keep, nothing on the disk."""
    assert "no tool's transcripts" in ada.good("index", "status").out
    ada.good("scan")
    assert not (ada.home / ".local" / "share" / "whence").exists()


def test_what_a_tool_deleted_still_speaks(ada: Desk) -> None:
    """That is what the index is for."""
    ada.session()
    (ada.root / "a.py").write_text(CODE)
    assert ada.blame("a.py") == ["claude-code"] * 12
    for path in (ada.home / ".claude").rglob("*.jsonl"):
        path.unlink()
    assert ada.blame("a.py") == ["claude-code"] * 12


def share(ada: Desk, *options: str) -> Path:
    """Ada's file for the team."""
    ada.session()
    ada.good("index", "build")
    file = ada.home / "share.gz"
    ada.good("index", "export", str(file), "--key", str(ada.home / "team.key"), *options)
    return file


def test_a_colleagues_paste_is_recognised(ada: Desk, ben: Desk) -> None:
    """Ben never ran the tool, and pasted what it wrote at Ada's; edited lines and his own are his."""
    file = share(ada, "--label", "Ada")
    (ben.root / "b.py").write_text("import this\n" + CODE + "own = line_of(ben)\n")
    assert ben.blame("b.py") == [None] * 14
    done = ben.good("index", "import", str(file), "--key", str(ben.home / "team.key"))
    assert done.out.startswith("imported share from Ada: 12 lines in 1 write, made ")
    assert ben.blame("b.py") == [None, *["claude-code"] * 12, None]
    assert "session 3f2a91c0 shared as share" in ben.good("explain", "b.py:3").out
    assert ben.status()["imports"][0]["usable"] is True  # type: ignore[index]
    ben.good("index", "purge", "--import", "share", "--yes")
    assert ben.blame("b.py") == [None] * 14


def test_an_import_of_the_same_name_replaces_the_one_before(ada: Desk, ben: Desk) -> None:
    """A newer file of the same colleague."""
    file = share(ada)
    for _ in range(2):
        ben.good("index", "import", str(file), "--key", str(ben.home / "team.key"), "--name", "ada")
    imports = ben.status()["imports"]
    assert isinstance(imports, list)
    assert [(one["name"], one["lines"]) for one in imports] == [("ada", 12)]


def test_a_shared_file_tells_no_text_and_no_path(ada: Desk) -> None:
    """Unless paths are asked for, and then only those in the workspace, as it names them."""
    import gzip

    file = share(ada)
    text = gzip.decompress(file.read_bytes()).decode()
    for word in ("total_1", "a.py", "proj", str(ada.root)):
        assert word not in text
    assert "3f2a91c0-0000-4000-8000-000000000001" in text
    ada.good(
        "index",
        "export",
        str(file),
        "--key",
        str(ada.home / "team.key"),
        "--paths",
        "--workspace",
        str(ada.root),
    )
    text = gzip.decompress(file.read_bytes()).decode()
    assert '"path":"a.py"' in text
    assert str(ada.root) not in text


def test_only_a_workspace_and_a_time_are_shared_where_that_is_asked_for(ada: Desk) -> None:
    """Other projects' writes stay at home."""
    other = Claude(ada.home, "/srv/secret", session="90000000-0000-4000-8000-000000000000")
    other.write("/srv/secret/x.py", OTHER)
    other.save()
    file, key = share(ada), str(ada.home / "team.key")
    assert "24 lines in 2 writes" in ada.good("index", "export", str(file), "--key", key).out
    assert (
        "12 lines in 1 write" in ada.good("index", "export", str(file), "--key", key, "--workspace", ".").out
    )
    assert (
        "0 lines in 0 writes"
        in ada.good("index", "export", str(file), "--key", key, "--since", "2026-07-01").out
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no key: a shared file is made under the team's key"),
        (["--key", "short"], "the key is too short: it has 5 bytes, and needs 16"),
        (["--key", "none"], "no key: none: No such file or directory"),
    ],
)
def test_without_a_good_key_nothing_is_shared(ada: Desk, arguments: list[str], message: str) -> None:
    """Digests alone could be guessed back."""
    ada.session()
    ada.good("index", "build")
    (ada.root / "short").write_text("short")
    done = ada.run("index", "export", "out.gz", *arguments)
    assert done.status == 2
    assert message in done.err
    assert not (ada.root / "out.gz").exists()


def test_the_key_may_come_from_the_environment_or_be_made(ada: Desk, ben: Desk) -> None:
    """A made key is private, and is never made over."""
    ada.session()
    ada.good("index", "build")
    assert ada.run("index", "export", "out.gz", WHENCE_INDEX_KEY=KEY).status == 0
    assert ben.run("index", "import", str(ada.root / "out.gz"), WHENCE_INDEX_KEY=f"{KEY}\n").status == 0
    made = ada.root / "made.key"
    ada.good("index", "export", "out.gz", "--key", "made.key", "--make-key")
    before = made.read_text()
    assert made.stat().st_mode & 0o777 == 0o600
    ada.good("index", "export", "out.gz", "--key", "made.key", "--make-key")
    assert made.read_text() == before
    done = ben.run("index", "import", str(ada.root / "out.gz"), WHENCE_INDEX_KEY=KEY)
    assert (done.status, "made under another key" in done.err) == (2, True)


def test_purging_asks_first(ada: Desk) -> None:
    """Without a terminal only --yes is an answer, and something must be named."""
    ada.session()
    ada.good("index", "build")
    before = said(ada.home)
    assert ada.run("index", "purge", "--all").status == 2
    assert ada.run("index", "purge", "--yes").status == 2
    assert said(ada.home) == before


PURGES = [
    (["--all"], 0, False),
    (["--tool", "claude-code"], 1, True),
    (["--tool", "codex"], 1, True),
    (["--before", "2026-06-02"], 0, False),
    (["--before", "2026-05-01"], 2, True),
    (["--older", "0"], 0, False),
    (["--workspace", "."], 0, False),
    (["--workspace", "..", "--tool", "codex"], 1, True),
    (["--workspace", "/srv"], 2, True),
]


@pytest.mark.parametrize(("arguments", "left", "shown"), PURGES)
def test_what_is_purged_stays_forgotten(ada: Desk, arguments: list[str], left: int, shown: bool) -> None:
    """Also when the transcripts, which still hold it, are read again; until that is taken back."""
    ada.session()
    codex = Codex(ada.home, str(ada.root))
    codex.patch("b.py", None, OTHER)
    codex.save()
    ada.good("index", "build")
    before = said(ada.home), reads(ada.home)
    ada.good("index", "purge", "--yes", *arguments)
    for _ in range(2):
        assert (len(said(ada.home)), bool(reads(ada.home))) == (left, shown)
        ada.good("index", "build", "--again")
    ada.good("index", "build", "--purged")
    assert (said(ada.home), reads(ada.home)) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tool", "nosuch", "--yes"], "unknown tool `nosuch`"),
        (["--tool", "claude", "--yes"], "did you mean `claude-code`"),
        (["--older", "x", "--yes"], "x is no number of days: write 30"),
        (["--all"], "what no transcript holds any more cannot be had back"),
    ],
)
def test_a_purge_that_is_not_meant_so_is_refused(ada: Desk, arguments: list[str], said: str) -> None:
    """Nothing is forgotten; a tool of which there is nothing is no mistake."""
    ada.session()
    ada.good("index", "build")
    done = ada.run("index", "purge", *arguments)
    assert (done.status, said in done.err) == (2, True), done.err
    assert len(globals()["said"](ada.home)) == 1
    assert "forgot 0 writes" in ada.good("index", "purge", "--tool", "codex", "--yes").out


def test_what_came_after_a_purge_is_kept(ada: Desk) -> None:
    """A purge speaks of the past."""
    session = Claude(ada.home, str(ada.root))
    session.write(str(ada.root / "a.py"), CODE)
    session.save()
    ada.good("index", "build")
    ada.good("index", "purge", "--all", "--yes")
    session.now = session.now.replace(year=2126)
    session.write(str(ada.root / "b.py"), OTHER)
    session.save()
    ada.good("index", "build")
    assert len(said(ada.home)) == 1


def test_a_purge_leaves_nothing_in_the_file(ada: Desk) -> None:
    """Sessions and paths of what was forgotten are overwritten."""
    ada.session("secret_name.py")
    ada.good("index", "build")
    folder = ada.home / ".local" / "share" / "whence"
    assert any(b"secret_name" in entry.read_bytes() for entry in folder.iterdir())
    ada.good("index", "purge", "--all", "--yes")
    assert not any(b"secret_name" in entry.read_bytes() for entry in folder.iterdir())


def test_all_means_imports_and_damaged_files_too(ada: Desk, ben: Desk, tmp_path: Path) -> None:
    """And it says how many; a narrower purge leaves imports alone."""
    ada.session()
    ada.good("index", "build")
    share, key = str(tmp_path / "share.gz"), ("--key", str(ada.home / "team.key"))
    ada.good("index", "export", share, *key, "--workspace", str(ada.root))
    ben.repo.write({"a.py": CODE})
    ben.good("index", "import", share, *key)
    aside = ben.home / ".local/share/whence/index.sqlite.damaged-1700000000"
    aside.write_bytes(b"torn")
    ben.good("index", "purge", "--older", "0", "--yes")
    assert ben.blame("a.py") == ["claude-code"] * 12
    assert ben.good("index", "purge", "--all", "--yes").out == (
        "forgot 0 writes of 0 lines in 0 sessions, 0 showings of files, 1 import of 12 lines and 1 damaged file\n"
    )
    assert ben.blame("a.py") == [None] * 12
    assert not aside.exists()


def test_a_scan_after_a_purge_calls_it_not_measured(ada: Desk) -> None:
    """What was kept of answers before is not believed any more, and what was forgotten is not called clean."""
    ada.session()
    (ada.root / "a.py").write_text(CODE)
    ada.repo.git("add", ".")
    first = ada.run("scan", "--format", "json").json
    assert first["summary"]["attributed_lines"] == 12
    ada.good("index", "purge", "--workspace", "/srv", "--yes")
    assert ada.run("scan", "--format", "json").json["not_measured"] == first["not_measured"]
    ada.good("index", "purge", "--tool", "claude-code", "--yes")
    second = ada.run("scan", "--format", "json").json
    assert second["summary"]["attributed_lines"] == 0
    (gap,) = [item for item in second["not_measured"] if item not in first["not_measured"]]
    assert gap["why"].startswith("what Claude Code (Anthropic) wrote until 20")
    assert gap["hint"] == "whence index build --purged"
    ada.good("index", "build", "--purged")
    third = ada.run("scan", "--format", "json").json
    assert (third["summary"], third["not_measured"]) == (first["summary"], first["not_measured"])
