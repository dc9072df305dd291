"""Compare Whence, line by line, with a slow reference that is obviously right.

    python benchmarks/truth.py CLONE [--files 60] [--lines 20000] [--seed 1] [--forbid src/core]

The reference shares no code with Whence: `git blame -w --porcelain` for each sampled file, the commit's whole message
searched for a short list of addresses, and `git notes --ref=ai show` read with string operations. For a line it
knows the tools that the note names for it (recorded) or else those that the commit declares. A line agrees when
both name nothing, or when Whence names one of the reference's tools. Where they differ the reference looks whether
the line stands in a block (three lines, sixty characters, white space aside) that the file had elsewhere before that
commit; then it was moved or copied, and the reference goes on from its older place. Sampling is half from files that
marked commits touch and half from the rest, so that both kinds of mistake can show.

With --forbid a policy forbids `vendor:anthropic` below that folder, the whole clone is scanned, and every line of
every file there is compared: is it in a finding, and does the reference name Claude Code, or a Claude model in
another tool?
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ADDRESSES = {
    "noreply@anthropic.com": "claude-code",
    "claude@anthropic.com": "claude-code",
    "223556219+copilot@users.noreply.github.com": "copilot",
    "198982749+copilot@users.noreply.github.com": "copilot",
    "175728472+copilot@users.noreply.github.com": "copilot",
    "copilot@github.com": "copilot",
    "cursoragent@cursor.com": "cursor",
    "noreply@openai.com": "codex",
    "codex@openai.com": "codex",
    "158243242+devin-ai-integration[bot]@users.noreply.github.com": "devin",
    "amp@ampcode.com": "amp",
    "noreply@aider.chat": "aider",
    "aider@aider.chat": "aider",
    "noreply@aider.dev": "aider",
    "161369871+google-labs-jules[bot]@users.noreply.github.com": "jules",
    "roomote@roocode.com": "roo",
    "219738659+roomote[bot]@users.noreply.github.com": "roo",
    "codex-agent@example.com": "codex",
    "138933559+factory-droid[bot]@users.noreply.github.com": "droid",
}
NOTE_TOOLS = {"claude": "claude-code", "github-copilot": "copilot", "pi": "pi"}
UNNAMED = "an AI tool"
EVIDENCE = "recorded,declared"


def git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


class Reference:
    """What a patient person would find with git alone."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.declared: dict[str, set[str]] = {}
        self.notes: dict[str, dict[str, dict[int, str | None]]] = {}
        self.models: dict[tuple[str, str, int], str] = {}
        self.elsewhere: dict[str, dict[str, str]] | None = None

    def tools(self, commit: str, path: str, line: int) -> tuple[set[str], str]:
        """The tools for one line of a commit, and which kind of trace says so; `human` when a record says that."""
        note = self.note(commit)
        recorded = note.get(path, {}).get(line, "")
        if recorded is None:
            return set(), "human"
        if recorded:
            return {recorded}, "recorded"
        return self.of_commit(commit), "declared"

    def anthropic(self, commit: str, path: str, line: int) -> bool:
        """Whether a line is Claude Code's, or was written by a Claude model in another tool."""
        tools, kind = self.tools(commit, path, line)
        model = self.models.get((commit, path, line), "") if kind == "recorded" else ""
        return "claude-code" in tools or "claude" in model.lower()

    def of_commit(self, commit: str) -> set[str]:
        if commit not in self.declared:
            shown = git(self.clone, "show", "-s", "--format=%P%n%an <%ae>%n%cn <%ce>%n%at%n%B", commit)
            parents, author, _committer, when, *body = shown.split("\n")
            found = set()
            if len(parents.split()) < 2 and int(when) > 1_609_459_200:
                where = [author.lower()]
                where += [
                    line.lower().replace("&lt;", "<").replace("&gt;", ">")
                    for line in body
                    if re.match(r"\s*(co-authored-by|assisted-by)\s*:", line, re.I)
                ]
                for text in where:
                    found |= {tool for address, tool in ADDRESSES.items() if f"<{address}>" in text}
                if "(aider)" in author:
                    found.add("aider")
                if any("generated with [claude code](" in line.lower() for line in body):
                    found.add("claude-code")
                if any(line.lower().strip() == "made-with: cursor" for line in body):
                    found.add("cursor")
                if any(line.startswith("Agent-Signature:") for line in body):
                    found.add(UNNAMED)  # the trailer names a model, no tool
                if any(line.startswith("Amp-Thread-ID:") for line in body):
                    found.add("amp")
                if any(line.startswith("Claude-Session:") for line in body):
                    found.add("claude-code")
            self.declared[commit] = found
        return self.declared[commit]

    def note(self, commit: str) -> dict[str, dict[int, str | None]]:
        if commit not in self.notes:
            self.notes[commit] = self._read(commit, git(self.clone, "notes", "--ref=ai", "show", commit))
        return self.notes[commit]

    def _read(self, commit: str, text: str) -> dict[str, dict[int, str | None]]:
        if "---\n" not in text:
            return {}
        head, _, tail = text.partition("---\n") if text.startswith("---\n") else text.partition("\n---\n")
        try:
            meta = json.loads(tail)
        except ValueError:
            return {}
        records = {**meta.get("prompts", {}), **meta.get("sessions", {})}
        out: dict[str, dict[int, str | None]] = {}
        lines: dict[int, str | None] = {}
        path = ""
        for row in head.split("\n"):
            if row.startswith("  "):
                key, _, ranges = row.strip().partition(" ")
                if key.startswith("h_") or key == "human":
                    tool: str | None = None
                    who: dict[str, str] = {}
                else:
                    record = key.split("::")[0]
                    who = (records.get(record) or {}).get("agent_id") or self.look_up(record)
                    name = who.get("tool") or "?"
                    tool = NOTE_TOOLS.get(name, name)
                for part in ranges.split(","):
                    first, _, last = part.partition("-")
                    for line in range(int(first), int(last or first) + 1):
                        lines[line] = tool
                        self.models[commit, path, line] = str(who.get("model") or "") if tool else ""
            elif row.strip():
                path = row.strip('"')
                lines = out.setdefault(path, {})
        return out

    def look_up(self, key: str) -> dict[str, str]:
        """Who is behind a key that its own note does not explain, from any other note of the clone."""
        if self.elsewhere is None:
            self.elsewhere = {}
            for row in git(self.clone, "notes", "--ref=ai", "list").splitlines():
                tail = git(self.clone, "cat-file", "blob", row.split()[0]).partition("---\n")[2]
                with contextlib.suppress(ValueError, AttributeError, TypeError):
                    meta = json.loads(tail)
                    for name, record in {**meta.get("prompts", {}), **meta.get("sessions", {})}.items():
                        self.elsewhere[name] = record["agent_id"]
        return self.elsewhere.get(key, {})


Place = tuple[str, str, int]
"""A line of a file in a commit."""


def blame(clone: Path, path: str, commit: str = "HEAD", *how: str) -> list[Place]:
    """(commit, path there, line there) of each line at a commit."""
    out: list[Place] = []
    names: dict[str, str] = {}
    line = 0
    done = subprocess.run(
        ["git", "-C", str(clone), "blame", "-w", "--porcelain", *how, commit, "--", path],
        capture_output=True,
        check=False,
    )
    for row in done.stdout.split(b"\n"):
        header = re.match(rb"([0-9a-f]{40,64}) (\d+) \d+", row)
        if header:
            commit, line = header[1].decode(), int(header[2])
        elif row.startswith(b"filename "):
            names[commit] = row[9:].decode("utf-8", "replace")
        elif row.startswith(b"\t"):
            out.append((commit, names[commit], line))
    return out


class Moves:
    """Where a line stood before the commit that seems to have written it."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.texts: dict[tuple[str, str], list[str]] = {}
        self.before: dict[tuple[str, str], tuple[str, str] | None] = {}

    def older(self, place: Place, depth: int = 6) -> set[Place]:
        """The origins of the same line in blocks that the file had before."""
        commit, path, line = place
        before = self.previous(commit, path)
        if before is None or not depth:
            return set()
        new, old = self.text(commit, path), self.text(*before)
        found: set[Place] = set()
        for at, text in enumerate(old):
            if text == new[line - 1] and enough(run(new, line - 1, old, at)):
                for origin in blame(self.clone, before[1], before[0], f"-L{at + 1},{at + 1}"):
                    found |= {origin} | self.older(origin, depth - 1)
        return found

    def text(self, commit: str, path: str) -> list[str]:
        if (commit, path) not in self.texts:
            rows = git(self.clone, "show", f"{commit}:{path}").split("\n")
            self.texts[commit, path] = ["".join(row.split()) for row in rows]
        return self.texts[commit, path]

    def previous(self, commit: str, path: str) -> tuple[str, str] | None:
        """The commit and path from which git takes the older text."""
        if (commit, path) not in self.before:
            shown = git(self.clone, "blame", "-w", "--porcelain", "-L1,1", commit, "--", path)
            shown += git(self.clone, "blame", "-w", "--porcelain", commit, "--", path)
            blocks = re.split(r"(?m)^(?=[0-9a-f]{40,64} \d+ \d+)", shown)
            found = [
                re.search(r"(?m)^previous (\S+) (.+)$", block) for block in blocks if block.startswith(commit)
            ]
            named = next((match for match in found if match), None)
            self.before[commit, path] = (named[1], named[2]) if named else None
        return self.before[commit, path]


class Returns:
    """Where a line stood that its commit only brought back."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.known: dict[tuple[str, str], list[tuple[str, dict[int, int]]]] = {}

    def older(self, place: Place, depth: int = 6) -> set[Place]:
        """The origins of the line in the versions that its commit went back to."""
        commit, path, line = place
        found: set[Place] = set()
        for before, lines in self.versions(commit, path) if depth else ():
            if line in lines:
                for origin in blame(self.clone, path, before, f"-L{lines[line]},{lines[line]}"):
                    found |= {origin} | self.older(origin, depth - 1)
        return found

    def versions(self, commit: str, path: str) -> list[tuple[str, dict[int, int]]]:
        """Older commits, each with the lines that the file has from there (new number to old)."""
        if (commit, path) not in self.known:
            self.known[commit, path] = [
                (before, self.same(before, commit, path)) for before in self.before(commit, path)
            ]
        return self.known[commit, path]

    def before(self, commit: str, path: str) -> list[str]:
        if len(git(self.clone, "rev-list", "--parents", "-n1", commit).split()) != 2:
            return []
        blob = git(self.clone, "rev-parse", f"{commit}:{path}").strip()
        how = ("--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--format=%H")
        left = ""
        for row in git(self.clone, "log", *how, f"{commit}^", "--", path).split("\n"):
            if row.startswith(":") and row.split()[2] == blob:
                return [git(self.clone, "rev-parse", f"{left}^1").strip()]
            left = row if row and not row.startswith(":") else left
        message = git(self.clone, "show", "-s", "--format=%B", commit)
        behind = []
        for named in re.findall(r"reverts commit ([0-9a-f]{7,})", message):
            parent = git(self.clone, "rev-parse", "--verify", "--quiet", f"{named}^1").strip()
            if parent and not git(self.clone, "rev-list", "-n1", named, f"^{commit}"):
                behind.append(parent)
        return behind

    def same(self, before: str, commit: str, path: str) -> dict[int, int]:
        texts = (git(self.clone, "show", f"{one}:{path}").split("\n") for one in (before, commit))
        old, new = (["".join(row.split()) for row in text] for text in texts)
        pairs = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        return {b + n + 1: a + n + 1 for a, b, size in pairs for n in range(size)}


def run(new: list[str], at: int, old: list[str], there: int) -> list[str]:
    """The longest run of equal lines around two that are equal."""
    first = 0
    while min(at, there) > first and new[at - first - 1] == old[there - first - 1]:
        first += 1
    end = 1
    while at + end < len(new) and there + end < len(old) and new[at + end] == old[there + end]:
        end += 1
    return new[at - first : at + end]


def enough(lines: list[str]) -> bool:
    """Too many and too long to be chance."""
    return sum(1 for line in lines if line) >= 3 and sum(map(len, lines)) >= 60


def sample(clone: Path, files: int, seed: int) -> list[str]:
    """Half of the files at random from those that marked commits or noted commits touch, half from the others."""
    noted = {row.split()[1] for row in git(clone, "notes", "--ref=ai", "list").splitlines() if row.strip()}
    touched: set[str] = set()
    shown = git(
        clone,
        "log",
        "--since=2021-01-01",
        "--name-only",
        "--no-renames",
        "--format=%x01%H%n%an %ae%n%B%x02",
        "HEAD",
    )
    for commit in shown.split("\x01")[1:]:
        message, _, names = commit.partition("\x02")
        if (
            any(address in message.lower() for address in ADDRESSES)
            or "(aider)" in message
            or message[:40] in noted
        ):
            touched.update(name for name in names.split("\n") if name)
    present = [name for name in git(clone, "ls-files").split("\n") if name and (clone / name).is_file()]
    chooser = random.Random(seed)
    marked = [name for name in present if name in touched]
    others = [name for name in present if name not in touched]
    chooser.shuffle(marked)
    chooser.shuffle(others)
    half = files // 2
    return marked[: max(half, files - len(others))] + others[: max(half, files - len(marked))]


FORBID = """
version = 1
[[scope]]
name = "here"
paths = ["{folder}/**"]
  [[scope.rule]]
  tools = ["vendor:anthropic"]
  require = "forbid"
"""


def forbid(clone: Path, folder: str, show: int) -> int:
    """Scan under a policy that forbids one vendor in one folder, and compare every line there."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        policy = Path(place, "whence.toml")
        policy.write_text(FORBID.format(folder=folder))
        command = [
            sys.executable,
            "-m",
            "whence.cli.main",
            "scan",
            "--root",
            str(clone),
            "--policy",
            str(policy),
        ]
        command += ["--format", "json", "--evidence", EVIDENCE]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, cwd=clone, check=False)
        took = time.perf_counter() - started
    report = json.loads(done.stdout)
    found: dict[str, set[int]] = {}
    for finding in report["findings"]:
        for first, last in finding["lines"]:
            found.setdefault(finding["path"], set()).update(range(first, last + 1))
    reference = Reference(clone)
    moves = Moves(clone)
    total = agree = 0
    for path in git(clone, "ls-files", "--", folder).split("\n"):
        if not path or not (clone / path).is_file():
            continue
        text = (clone / path).read_bytes().split(b"\n")
        for number, (commit, old_path, old_line) in enumerate(blame(clone, path), 1):
            if not text[number - 1].strip():
                continue  # a blank line belongs to its neighbours' finding
            total += 1
            expected = reference.anthropic(commit, old_path, old_line)
            said = number in found.get(path, set())
            if expected == said or any(
                reference.anthropic(*origin) == said for origin in moves.older((commit, old_path, old_line))
            ):
                agree += 1
            elif show:
                show -= 1
                print(f"  {path}:{number} ({commit[:10]} {old_path}:{old_line}): reference {expected}")
    outside = [path for path in found if not path.startswith(folder + "/")]
    print(
        f"{clone.name}: scan {took:.1f} s, exit {done.returncode}, {len(report['findings'])} findings below {folder}"
    )
    print(f"  {total:,} lines there: {agree / max(total, 1):.4%} agree; findings outside: {len(outside)}")
    return 0 if done.returncode == 1 and not outside and agree / max(total, 1) >= 0.995 else 1


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    parser.add_argument("--files", type=int, default=60, help="at least so many sampled files")
    parser.add_argument(
        "--lines", type=int, default=20_000, help="and so many lines: more files are taken until there"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20, help="disagreements to print")
    parser.add_argument(
        "--forbid", metavar="FOLDER", help="check the findings of a policy on this folder instead"
    )
    arguments = parser.parse_args()
    if arguments.forbid:
        return forbid(arguments.clone.resolve(), arguments.forbid.strip("/"), arguments.show)
    from whence.engine import prepare
    from whence.model import EvidenceClass

    clone = arguments.clone.resolve()
    started = time.perf_counter()
    snapshot = prepare(clone, classes=frozenset(EvidenceClass(word) for word in EVIDENCE.split(",")))
    prepared = time.perf_counter() - started
    reference = Reference(clone)
    order = sample(clone, 10_000_000, arguments.seed)
    random.Random(arguments.seed).shuffle(order)
    preferred = sample(clone, arguments.files, arguments.seed)
    order = preferred + [name for name in order if name not in set(preferred)]
    moves, returns = Moves(clone), Returns(clone)
    total = agree = files = moved = returned = 0
    classes: Counter[str] = Counter()
    shown = 0
    slow = fast = 0.0
    for path in order:
        if files >= arguments.files and total >= arguments.lines:
            break
        at = time.perf_counter()
        truth = blame(clone, path)
        slow += time.perf_counter() - at
        at = time.perf_counter()
        result = snapshot.analyse_file(path)
        fast += time.perf_counter() - at
        if not truth or result.not_measured or result.line_count != len(truth):
            classes[
                "file left out: "
                + (result.not_measured[0].why if result.not_measured else "line counts differ")
            ] += 1
            continue
        files += 1
        ours: dict[int, tuple[str, str]] = {}
        for item in result.attributions:
            for first, last in item.lines:
                for line in range(first, last + 1):
                    ours[line] = (item.agent.tool or UNNAMED, item.evidence_class.value)
        for number, (commit, old_path, old_line) in enumerate(truth, 1):
            total += 1
            expected, kind = reference.tools(commit, old_path, old_line)
            got, got_kind = ours.get(number, ("nothing", "none"))
            if (got in expected) if expected else (number not in ours):
                agree += 1
                continue
            older = [reference.tools(*origin)[0] for origin in moves.older((commit, old_path, old_line))]
            if any((got in tools) if tools else (number not in ours) for tools in older):
                agree += 1
                moved += 1
                continue
            older = [reference.tools(*origin)[0] for origin in returns.older((commit, old_path, old_line))]
            if any((got in tools) if tools else (number not in ours) for tools in older):
                agree += 1
                returned += 1
                continue
            label = f"reference {kind} {sorted(expected) or 'nothing'}, whence {got_kind} {got}"
            classes[label] += 1
            if shown < arguments.show:
                shown += 1
                print(f"  {path}:{number} ({commit[:10]} {old_path}:{old_line}): {label}")
    print(f"{clone.name}: {files} files, {total:,} lines: {agree / max(total, 1):.4%} of lines agree")
    print(
        f"  of these {moved:,} lines were moved or copied within their file: both say whose they were before"
    )
    print(f"  {returned:,} lines were brought back: both say whose they were before")
    print(
        f"prepare {prepared:.1f} s; analysing the sample {fast:.1f} s; git blame on the sample {slow:.1f} s"
    )
    for label, number in classes.most_common():
        print(f"  {number:6}  {label}")
    return 0 if total and agree / total >= 0.995 else 1


if __name__ == "__main__":
    sys.exit(main())
