"""Random histories for property tests: edits, merges of every kind, renames, reverts, and what else happens to files.

They are written with `git fast-import`, so that a history of dozens of commits takes milliseconds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from support.git import Repo

WORDS = (
    "if x:",
    "return",
    "}",
    "",
    "    pass",
    "end",
    "a = b",
    "foo()",
    "\t\tx += 1",
    "// note",
    "\x00\xff",
    "é",
)


@dataclass
class Tree:
    """The files of one commit: path to (mode, content)."""

    files: dict[bytes, tuple[str, bytes]] = field(default_factory=dict)

    def copy(self) -> Tree:
        return Tree(dict(self.files))


class History:
    """Grow a random history in an empty repository; `commits` are the ids, oldest first, `head` is on `main`."""

    def __init__(self, repo: Repo, seed: int, size: int) -> None:
        self.random = random.Random(seed)
        self.trees: list[Tree] = []
        self.parents: list[tuple[int, ...]] = []
        self.out: list[bytes] = []
        self.made = 0
        self.repo = repo
        self.ids: dict[int, str] = {}
        tips = [self._commit((), self._edit(Tree()))]
        for _ in range(size - 1):
            tips = self._grow(tips)
        while len(tips) > 1:
            tips = [self._merge(tips[:3]), *tips[3:]]
        self.out.append(b"reset refs/heads/main\nfrom :%d\n\n" % (tips[0] + 1))
        self._write()
        self.commits = [self.ids[number] for number in range(len(self.trees))]
        self.head = self.ids[tips[0]]

    def _write(self) -> None:
        """Make the commits that are not made yet, so that they have ids."""
        marks = self.repo.path / ".git" / "made-marks"
        how = (
            "fast-import",
            "--quiet",
            "--force",
            "--done",
            f"--import-marks-if-exists={marks}",
            f"--export-marks={marks}",
        )
        self.repo.git(*how, feed=b"".join(self.out) + b"done\n")
        self.out.clear()
        numbered = (line.split() for line in marks.read_text().splitlines())
        self.ids = {int(mark[1:]) - 1: commit for mark, commit in numbered}

    def _grow(self, tips: list[int]) -> list[int]:
        pick = self.random.random()
        if pick < 0.15 and len(tips) < 4:
            # A branch, from a tip or from anywhere.
            start = self.random.choice([self.random.choice(tips), self.random.randrange(len(self.trees))])
            return [*tips, self._commit((start,), self._edit(self.trees[start]))]
        if pick < 0.35 and len(tips) > 1:
            some = self.random.sample(tips, self.random.randint(2, min(3, len(tips))))
            merge = self._merge(some)
            if self.random.random() < 0.5:
                # The merged branches go on: a criss-cross is near.
                return [merge if tip == some[0] else tip for tip in tips]
            return [tip for tip in tips if tip not in some] + [merge]
        at = self.random.randrange(len(tips))
        tree = self.trees[tips[at]]
        if 0.80 < pick < 0.86:
            return [*tips[:at], self._again(tips[at]), *tips[at + 1 :]]
        if 0.86 < pick < 0.90:
            tree = self._restore(tips[at])
            return [*tips[:at], self._commit((tips[at],), tree), *tips[at + 1 :]]
        # Now and then back to what an older commit had.
        tree = self.random.choice(self.trees).copy() if pick > 0.93 else self._edit(tree)
        return [*tips[:at], self._commit((tips[at],), tree), *tips[at + 1 :]]

    def _restore(self, tip: int) -> Tree:
        """A file as some commit behind had it, and perhaps something else."""
        tree = self.trees[tip].copy()
        before = self.trees[self.random.choice(self._behind(tip))]
        if before.files:
            path = self.random.choice(sorted(before.files))
            tree.files[path] = before.files[path]
        return self._edit(tree) if self.random.random() < 0.3 else tree

    def _again(self, tip: int) -> int:
        """Take a commit back, most often the last one, or repeat it, and say so; the text around may differ by now."""
        behind = self._behind(tip)[:-1]
        if not behind:
            return self._commit((tip,), self._edit(self.trees[tip]))
        number = behind[0] if self.random.random() < 0.5 else self.random.choice(behind)
        parent = self.random.choice(self.parents[number] or (number,))
        back = self.random.random() < 0.75
        self._write()
        message = b"Back\n\nThis reverts commit %s" % self.ids[number].encode()
        if not back:
            message = b"Again\n\n(cherry picked from commit %s)" % self.ids[number].encode()
        elif len(self.parents[number]) > 1:
            message += b", reversing\nchanges made to %s." % self.ids[parent].encode()
        old, new = self.trees[parent], self.trees[number]
        if back:
            old, new = new, old
        tree = self.trees[tip].copy()
        for path in sorted(old.files.keys() | new.files.keys()):
            if old.files.get(path) != new.files.get(path):
                self._patch(tree, path, old.files.get(path), new.files.get(path))
        return self._commit((tip,), self._edit(tree) if self.random.random() < 0.3 else tree, message)

    def _patch(
        self, tree: Tree, path: bytes, old: tuple[str, bytes] | None, new: tuple[str, bytes] | None
    ) -> None:
        """Do to a file what makes a new one of an old one."""
        here = tree.files.get(path)
        if new is None:
            tree.files.pop(path, None)
        elif old is None or here is None or here == old:
            tree.files[path] = new
        else:
            lines, before = here[1].splitlines(keepends=True), old[1].splitlines(keepends=True)
            for line in new[1].splitlines(keepends=True):
                if line in before:
                    before.remove(line)
                else:
                    lines.insert(
                        self.random.randint(0, len(lines)) if line in lines else len(lines) // 2, line
                    )
            tree.files[path] = (here[0], b"".join(line for line in lines if line not in before))

    def _behind(self, tip: int) -> list[int]:
        """A commit and those behind it, the newest first."""
        found, waiting = {tip}, [tip]
        while waiting:
            new = [parent for parent in self.parents[waiting.pop()] if parent not in found]
            found.update(new)
            waiting += new
        return sorted(found, reverse=True)

    def _commit(self, parents: tuple[int, ...], tree: Tree, message: bytes = b"x") -> int:
        number = len(self.trees)
        self.trees.append(tree)
        self.parents.append(parents)
        # Clocks go wrong in one of ten commits.
        when = 1_750_000_000 + number * 3600 - (90_000 * self.random.randint(0, 9) if number % 10 == 3 else 0)
        self.out.append(
            b"commit refs/heads/other\nmark :%d\ncommitter A <a@example.org> %d +0000\ndata %d\n%s\n"
            % (number + 1, when, len(message), message)
        )
        for order, parent in enumerate(parents):
            self.out.append(b"%s :%d\n" % (b"merge" if order else b"from", parent + 1))
        if not parents:
            self.out[-1] = b"reset refs/heads/other\n\n" + self.out[-1]
        self.out.append(b"deleteall\n")
        for path, (mode, content) in tree.files.items():
            name = b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'
            self.out.append(b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), name, len(content), content))
        self.out.append(b"\n")
        return number

    def _merge(self, parents: list[int]) -> int:
        """Each file from one side or the other, or a mixture of their lines, or something new besides."""
        trees = [self.trees[parent] for parent in parents]
        merged = Tree()
        for path in sorted({path for tree in trees for path in tree.files}):
            sides = [tree.files[path] for tree in trees if path in tree.files]
            if len(sides) < len(trees) and self.random.random() < 0.4:
                continue
            mode, content = self.random.choice(sides)
            if len(set(sides)) > 1 and self.random.random() < 0.5:
                lines = [line for _, side in sides for line in side.splitlines(keepends=True)]
                content = b"".join(line for line in lines if self.random.random() < 0.6)
            merged.files[path] = (mode, content)
        if self.random.random() < 0.2:
            merged = self._edit(merged)
        return self._commit(tuple(parents), merged)

    def _edit(self, old: Tree) -> Tree:
        tree = old.copy()
        for _ in range(self.random.randint(1, 3)):
            paths = sorted(tree.files)
            kind = self.random.random()
            if not paths or kind < 0.12:
                tree.files[self._path()] = (self._mode(), self._text(self.random.randint(0, 25)))
                continue
            path = self.random.choice(paths)
            mode, content = tree.files[path]
            if kind < 0.16:
                del tree.files[path]
            elif kind < 0.30:
                del tree.files[path]
                tree.files[self._path()] = (mode, self._change(content) if kind < 0.24 else content)
            elif kind < 0.34:
                # A file splits in two, or takes the place of another.
                tree.files[self._path()] = (mode, content)
                tree.files[path] = (mode, self._change(content))
            elif kind < 0.38:
                tree.files[path] = (self._mode(), content)
            elif kind < 0.42:
                swapped = (
                    content.replace(b"\r\n", b"\n") if b"\r" in content else content.replace(b"\n", b"\r\n")
                )
                tree.files[path] = (mode, swapped)
            elif kind < 0.46:
                tree.files[path] = (mode, content.removesuffix(b"\n"))
            else:
                tree.files[path] = (mode, self._change(content))
        return tree

    def _path(self) -> bytes:
        name = self.random.choice(
            [b"a", b"b c", b"d.py", b"\xff\xfe", "ü".encode(), b'q"\\', b"-x", b":y", b"t\tab"]
        )
        return self.random.choice([b"", b"sub/", b"s/deep/"]) + name

    def _mode(self) -> str:
        return self.random.choices(["100644", "100755", "120000"], [8, 2, 1])[0]

    def _text(self, count: int) -> bytes:
        return b"".join(self._line() for _ in range(count))

    def _line(self) -> bytes:
        if self.random.random() < 0.4:
            return self.random.choice(WORDS).encode("latin-1") + b"\n"
        self.made += 1
        return b"line %d of its own, and of no other place\n" % self.made

    def _change(self, content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        for _ in range(self.random.randint(1, 4)):
            at = self.random.randint(0, len(lines))
            kind = self.random.random()
            if kind < 0.4 or not lines:
                lines[at:at] = [self._line() for _ in range(self.random.randint(1, 5))]
            elif kind < 0.5:
                blank = self.random.choice([b" ", b"\t", b"    "])
                lines[at : at + 4] = [blank + line for line in lines[at : at + 4]]
            elif kind < 0.7:
                del lines[at : at + self.random.randint(1, 4)]
            elif kind < 0.85:
                lines[at : at + 2] = [self._line()]
            else:
                block = lines[at : at + 5]
                if self.random.random() < 0.7:
                    del lines[at : at + 5]
                to = self.random.randint(0, len(lines))
                lines[to:to] = block
        return b"".join(lines)
