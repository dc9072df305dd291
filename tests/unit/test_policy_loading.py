"""Loading a policy: what is understood, and how mistakes are told."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from policies.asking import policy, problems
from whence.errors import UserError
from whence.model import EvidenceClass, Requirement, Severity
from whence.policy import Disputes, Mode, find, load_file
from whence.policy.loading import MAX_BYTES, MAX_FILES, load
from whence.tools import Registry

FULL = """
    version = 1
    mode = "warn"
    own_vendors = ["meta", "acme"]
    exclude = ["vendor/"]
    contact = "policy@acme.example"

    [groups]
    agents = ["claude-code", "codex"]
    everyone = ["group:agents", "metacode2"]

    [artifacts]
    tests = ["checks/"]
    synthetic = ["tools/synth/**"]

    [[tool]]
    id = "metacode2"
    vendor = "acme"
    trailers = ["Co-authored-by: MetaCode*"]
    channel = "cloud"

    [[scope]]
    name = "models"
    paths = ["models/**"]
    artifacts = ["synthetic", "code"]
    effective = 2026-05-01
    presumption = "tainted"
    exempt = ["*@acme.example"]

      [[scope.rule]]
      tools = ["group:everyone", "vendor:google", "model:GPT-*"]
      require = "review"
      reviewers = 2
      criterion = "read"
      purposes = ["setup"]
      evidence = ["recorded", "session"]

    [[exception]]
    paths = ["models/x.py"]
    reason = "contract"
    owner = "o@acme.example"
    approver = "b@acme.example"
    expires = 2027-01-31
    scopes = ["models"]

    [[signal]]
    ignore = "trailer:copilot"
    from = 2026-04-22
    until = 2026-04-30
    reason = "a bad release"

    [evidence]
    require = ["declared", "session"]
    use = ["recorded"]

    [review]
    bulk = true
    disputes = "accepted"
    disputers = ["*@leads.example"]
    [review.criteria.skim]
    text = "I skimmed it."
    [review.criteria.read]
    text = "I read it."
    implies = ["skim"]
    [review.purposes]
    setup = "Setting up the workflow"
"""


def test_every_key_reaches_the_policy() -> None:
    """A policy that uses everything is read as it is written, and survives pickling."""
    read = policy(FULL)
    scope, permit, signal = read.scopes[0], read.exceptions[0], read.signals[0]
    rule = scope.rules[0]
    assert (read.mode, read.own_vendors, read.excludes) == (Mode.WARN, {"meta", "acme"}, ("vendor/",))
    assert [tool.id for tool in read.tools] == ["metacode2"]
    assert read.channels == (("metacode2", "cloud"),)
    assert read.artifacts == (("tests", ("checks/",)), ("synthetic", ("tools/synth/**",)))
    assert (scope.name, scope.when.effective, scope.presumption) == ("models", date(2026, 5, 1), "tainted")
    assert [str(t) for t in rule.tools] == [
        "claude-code",
        "codex",
        "metacode2",
        "vendor:google",
        "model:gpt-*",
    ]
    assert (rule.require, rule.reviewers, rule.criterion) == (Requirement.REVIEW, 2, "read")
    assert rule.evidence == {EvidenceClass.RECORDED, EvidenceClass.SESSION}
    assert rule.weak_severity is Severity.WARNING
    assert (permit.expires, permit.approver, permit.scopes) == (
        date(2027, 1, 31),
        "b@acme.example",
        ("models",),
    )
    assert (signal.start, signal.until) == (date(2026, 4, 22), date(2026, 4, 30))
    assert read.required_classes == {EvidenceClass.DECLARED, EvidenceClass.SESSION}
    assert read.used_classes == {EvidenceClass.RECORDED}
    assert [c.implies for c in read.criteria] == [(), ("skim",)]
    assert read.purposes == (("setup", "Setting up the workflow"),)
    assert read.bulk
    assert (read.disputes, read.disputers) == (Disputes.ACCEPTED, ("*@leads.example",))
    assert pickle.loads(pickle.dumps(read)) == read


def test_what_is_left_out_has_a_default() -> None:
    """A policy of one line asks for nothing, in mode enforce, and needs declared evidence."""
    read = policy("version = 1")
    assert (read.mode, read.scopes, read.required_classes) == (Mode.ENFORCE, (), {EvidenceClass.DECLARED})
    assert EvidenceClass.INFERRED not in read.used_classes


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("version = 2", (1, 11), "`version` must be 1, not `2`"),
        ('version = "1"', (1, 11), "`version` must be 1, not `1` (without quotes)"),
        ("[[scope]]\nname = 'x'\nversion = 1", (4, 1), "unknown key `version` in [[scope]]; it belongs in the policy"),
        ("mode = 'enforc'", (2, 8), "must be one of report, warn, enforce, not `enforc`; did you mean `enforce`?"),
        ("mode = 3", (2, 8), "must be one of report, warn, enforce, not `3`"),
        ("sope = 1", (2, 1), "unknown key `sope` in the policy; did you mean `scope`?"),
        ("effective = 2026-01-01", (2, 1), "it belongs in [[scope]] or [[scope.rule]]"),
        ("[scope]\nname = 'x'", (2, 1), "`scope` must be a list, not a table (write the header with two brackets: [[scope]])"),
        ("[scope]\nname = 'x'\n[scope]\nname = 'y'", (4, 7), "opened twice (of a scope, rule or exception each has two brackets: [[scope]])"),
        ("[[scope]]\nname = 'x'\n[[rule]]\nrequire = 'forbid'", (4, 1), "it belongs in [[scope]] (write `[[scope.rule]]`)"),
        ("[rule]\nrequire = 'forbid'", (2, 1), "(write `[[scope.rule]]`)"),
        ("[[scope]]\nname = 'x\npaths = ['a']", (3, 8), "this text is not closed (a quote may be missing on this line)"),
        ("# it's \"\nown_vendors = [\"meta]\nmode = 'warn'", (3, 16), "a quote may be missing on this line"),
        ("mode = 'warn", (2, 8), "this text is not closed"),
        ('contact = """a', (2, 11), "this text is not closed"),
        ("[[review]]", (2, 1), "`review` must be a table, not a list (write the header with one bracket: [review])"),
        ("[[scope]]\npaths = ['a']", (2, 1), "[[scope]] has no `name`"),
        ("[[scope]]\nname = 'x'\npaths = 'a/**'", (4, 9), '`paths` must be a list, not `a/**` (write ["a/**"])'),
        ("[[scope]]\nname = 'x'\npaths = []", (4, 9), "`paths` is empty"),
        ("[[scope]]\nname = 'x'\npaths = ['a', '#b']", (4, 15), "`#b` is a comment in .gitignore syntax"),
        ("[[scope]]\nname = 'x'\npaths = ['!']", (4, 10), "`!` matches nothing"),
        ("[[scope]]\nname = 'x'\nartifacts = ['doc']", (4, 14), "unknown artifact class `doc`; did you mean `docs`?"),
        ("[[scope]]\nname = 'x'\nauthors = ['@a/b']", (4, 12), "`@a/b` is a team"),
        ("[[scope]]\nname = 'x'\n[[scope]]\nname = 'x'", (5, 8), "the scope `x` is defined twice"),
        ("[[scope]]\nname = 'x'\neffective = 2026-05-01T10:00:00Z", (4, 13), "must be a date such as 2026-05-01"),
        ("[[scope]]\nname = 'x'\neffective = '2026-02-30'", (4, 13), "must be a date such as 2026-05-01"),
        ("[[scope]]\nname = 'x'\neffective = 2026-05-01\nuntil = 2026-04-01", (5, 9), "in force until 2026-04-01, but only from"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\ntools=['any']", (4, 1), "[[scope.rule]] has no `require`"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\nrequire = 'ban'", (5, 11), "must be one of allow, disclose, review, forbid"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\nrequire = 'forbid'\nreviewers = 1", (6, 1), "says nothing in a rule with require"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\nrequire = 'review'\nreviewers = -1", (6, 13), "must be at least 0, not -1"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\nrequire = 'review'\ncriterion = 'red'\n[review.criteria.read]\ntext='t'",
         (6, 13), "unknown criterion `red`; did you mean `read`?"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\nrequire = 'review'\npurposes = ['setpu']\n[review.purposes]\nsetup='t'",
         (6, 13), "unknown purpose `setpu`; did you mean `setup`?"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\nrequire = 'allow'\nseverity = 'error'", (6, 1), "a rule that allows has no severity"),
        ("[[scope]]\nname='x'\n[[scope.rule]]\nrequire = 'forbid'\nweak_severity = 'info'", (6, 1), "says nothing without `evidence`"),
        ("[[exception]]\npaths=['a']\nreason='r'\nowner='o'", (2, 1), "[[exception]] has no `expires`"),
        ("[[exception]]\npaths=['a']\nreason=' '\nowner='o'\nexpires=2027-01-01", (4, 8), "`reason` must not be empty"),
        ("[[exception]]\npaths=['a']\nreason='r'\nowner='o'\nexpires=2027-01-01\nscopes=['x']", (7, 9), "unknown scope `x`"),
        ("[[signal]]\nignore='copilot'\nreason='r'", (3, 8), "must be written as `kind:tool`"),
        ("[[signal]]\nignore='trailer:x'\nreason='r'\nfrom=2026-02-01\nuntil=2026-01-01", (6, 7), "before it begins"),
        ("[evidence]\nrequire=['sessions']", (3, 10), "did you mean `session`?"),
        ("[evidence]\nrequire=['session', 'session']", (3, 21), "`session` stands twice"),
        ("[[tool]]\nid='any'", (3, 4), "the tool `any` is a word of the policy"),
        ("[[tool]]\nid='My Tool'", (3, 4), "lower-case letters"),
        ("[groups]\n'a b'=['any']", (3, 1), "the name `a b` may hold letters"),
        ("[review.criteria.a]\ntext='t'\nimplies=['b']", (4, 10), "unknown criterion `b`"),
        ("[review]\ndisputes='acepted'", (3, 10), "must be one of noted, accepted, refused, not `acepted`; did you mean `accepted`?"),
        ("[review]\ndisputers=['a*']", (3, 1), "`disputers` says nothing without disputes = \"accepted\""),
        ("own_vendors = ['metta']", (2, 16), "unknown vendor `metta`; did you mean `meta`?"),
        ("own_vendors = ['claude-code']", (2, 16), "unknown vendor `claude-code`; did you mean `anthropic`?"),
        ("a = [1,", (2, 8), "not TOML"),
        ("mode = 'warn'\nmode = 'warn'", (3, 1), "`mode` is set twice"),
        ("  mode = “warn”", (2, 10), "these quotes are typographic (TOML wants plain ones"),
        ("mode 'warn'", (2, 6), "there is no `=` after the key"),
        ("mode = 'warn'\n<<<<<<< HEAD\nx = 1", (3, 1), "a merge conflict is left here"),
        ("a.b = 2026-05-01\na.b = 2026-05-01", (3, 1), "`a.b` is set twice"),
        ('mode = "x", “y”', (2, 11), "something is left over after the value"),
        ("x = 2026-13-01", (2, 5), "`2026-13-01` is no date (a date is written 2026-05-01"),
        ("x = 2026-2-1 # soon", (2, 5), "`2026-2-1` is no date (a date is written 2026-05-01"),
        ("x = " + "9" * 6000, (2, 5), "this number is too long"),
        (".".join("a" * 3000) + " = 1", (2, 1), "nested too deeply"),
        ("[groups]\na = ['group:b']\nb = ['codex']", (3, 6), "[groups] names none before this"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_the_right_thing(
    text: str, place: tuple[int, int], message: str
) -> None:
    """Line, column, what is wrong, and what would be right."""
    found = problems("version = 1\n" + text if not text.startswith("version") else text)
    assert [(p.line, p.column) for p in found] == [place]
    assert message in str(found[0])


@pytest.mark.parametrize(
    ("text", "pyproject", "place", "way"),
    [
        ("# ours\n\n[[scope]]\nname = 'x'\n", False, (1, 1), "write `version = 1` as the first line"),
        (
            "[tool.a]\n\n[tool.whence]\nmode = 'warn'\n",
            True,
            (3, 1),
            "write `version = 1` below [tool.whence]",
        ),
    ],
)
def test_a_policy_without_a_version_is_told_what_to_write(
    text: str, pyproject: bool, place: tuple[int, int], way: str
) -> None:
    """At the top of the file, or of the table that is ours."""
    with pytest.raises(UserError) as caught:
        load(text, "p.toml", Registry.builtin(), pyproject=pyproject)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == place
    assert way in problem.hint


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("claude", "unknown tool `claude`; did you mean `claude-code` or `vendor:anthropic`?"),
        ("Claude Code", "unknown tool `Claude Code`; did you mean `claude-code` or `vendor:anthropic`?"),
        ("codx", "unknown tool `codx`; did you mean `codex`?"),
        ("anthropic", "unknown tool `anthropic`; did you mean `vendor:anthropic`?"),
        ("OpenAI", "unknown tool `OpenAI`; did you mean `vendor:openai`?"),
        ("Rival", "unknown tool `Rival`; did you mean `rival`?"),
        ("vendor:antropic", "unknown vendor `antropic`; did you mean `vendor:anthropic`?"),
        ("vendor:Anthropic", "unknown vendor `Anthropic`; did you mean `vendor:anthropic`?"),
        ("vender:openai", "unknown kind of tool `vender:openai`; did you mean `vendor:openai`?"),
        ("model:", "`model:` names no model"),
        ("group:agent", "unknown group `agent`; did you mean `agents`?"),
        ("all", "unknown tool `all`; did you mean `any`?"),
        ("*", "unknown tool `*`; did you mean `any`?"),
        ("gpt-5", "unknown tool `gpt-5`; did you mean `model:gpt-5*`?"),
        ("claude-*", "unknown tool `claude-*`; did you mean `model:claude-*`?"),
        ("zzzzzzzz", "unknown tool `zzzzzzzz`; a [[tool]] makes it known"),
        ("\x1b[31mred", "\\x1b[31mred"),
    ],
)
def test_an_unknown_tool_comes_with_the_nearest_right_thing(entry: str, message: str) -> None:
    """Aliases, names, vendors and spelling mistakes all lead to what the policy should say."""
    found = problems(
        f"[groups]\nagents = ['codex']\n[[scope]]\nname='x'\n[[scope.rule]]\nrequire='forbid'\ntools=[\"any\", \"{entry}\"]"
        if entry[0] != "\x1b"
        else '[[scope]]\nname="x"\n[[scope.rule]]\nrequire="forbid"\ntools=["any", "\\u001b[31mred"]'
    )
    assert len(found) == 1
    assert message in found[0].message
    assert found[0].column == 15


def test_all_mistakes_are_told_at_once() -> None:
    """Structure and meaning, one list, in the order of the file."""
    found = problems("""
        version = 1
        mode = "loud"
        sope = 1
        [[scope]]
        name = "x"
        paths = "a"
          [[scope.rule]]
          tools = ["claude", "codex"]
          require = "forbiden"
        [[scope]]
        [[exception]]
        paths = ["/"]
        reason = "r"
        owner = "o"
    """)
    assert [p.line for p in found] == [3, 4, 7, 9, 10, 11, 12, 13]


def test_a_policy_in_pyproject_is_placed_in_pyproject() -> None:
    """The table is [tool.whence]; the rest of the file is nobody's business."""
    text = '[project]\nname = "x"\n[tool.whence]\nversion = 1\nmode = "loud"\n'
    with pytest.raises(UserError) as caught:
        load(text, "pyproject.toml", Registry.builtin(), pyproject=True)
    assert str(caught.value.problems[0]).startswith("pyproject.toml:5:8: `mode`")
    assert (
        load(text.replace("loud", "warn"), "pyproject.toml", Registry.builtin(), pyproject=True).mode
        == "warn"
    )
    with pytest.raises(UserError, match="a problem"):
        load("[tool]\nwhence = 3\n", "pyproject.toml", Registry.builtin(), pyproject=True)


def test_a_tool_of_the_registry_keeps_what_the_policy_does_not_say() -> None:
    """[[tool]] with a known id adds to it."""
    tool = policy('[[tool]]\nid = "claude-code"\nchannel = "cli"\n').tools[0]
    assert (tool.name, tool.vendor) == ("Claude Code", "anthropic")


BASE = """
    mode = "enforce"
    own_vendors = ["meta"]
    exclude = ["vendor/"]
    [artifacts]
    tests = ["base/"]
    docs = ["base-docs/"]
    [[scope]]
    name = "models"
    paths = ["models/"]
      [[scope.rule]]
      require = "forbid"
    [evidence]
    require = ["session"]
    [review.criteria.read]
    text = "base"
"""


def test_files_that_are_extended_come_first() -> None:
    """Single values: the nearest file decides. Lists of tables add up. Rules of a known scope are added after its own."""
    read = policy(
        """
        version = 1
        extends = ["org/base.toml"]
        mode = "warn"
        exclude = ["gen/"]
        [artifacts]
        tests = ["own/"]
        [[scope]]
        name = "models"
        mode = "report"
          [[scope.rule]]
          require = "allow"
          criterion = "read"
        [[scope]]
        name = "other"
        """.replace('          criterion = "read"\n', ""),
        path="sub/whence.toml",
        files={"org/base.toml": BASE},
    )
    assert (read.mode, read.own_vendors, read.excludes) == ("warn", {"meta"}, ("vendor/", "gen/"))
    assert [scope.name for scope in read.scopes] == ["models", "other"]
    assert read.scopes[0].mode == "report"
    assert [(rule.number, rule.require, rule.place.path) for rule in read.scopes[0].rules] == [
        (1, "forbid", "sub/org/base.toml"),
        (2, "allow", "sub/whence.toml"),
    ]
    assert read.artifacts == (("tests", ("own/",)), ("docs", ("base-docs/",)))
    assert read.required_classes == {EvidenceClass.SESSION}
    assert read.files == ("sub/org/base.toml", "sub/whence.toml")


def test_an_extended_scope_cannot_be_narrowed() -> None:
    """What an organisation's file says of whom, where and when stays."""
    found = problems(
        "version = 1\nextends = ['base.toml']\n[[scope]]\nname='models'\npaths=['x/']\neffective=2026-01-01\n",
        files={"base.toml": BASE},
    )
    assert [(p.line, p.message.split(" of the scope")[0]) for p in found] == [
        (5, "`paths`"),
        (6, "`effective`"),
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("https://example.org/p.toml", "is an address; only paths are extended, nothing is fetched"),
        ("git@example.org:p.toml", "is an address"),
        ("/etc/p.toml", "is not a relative path"),
        ("C:/p.toml", "is not a relative path"),
        ("~/p.toml", "is not a relative path"),
        ("../p.toml", "lies outside the policy's folder"),
        ("a/../../p.toml", "lies outside the policy's folder"),
        ("./whence.toml", "extends in a circle: whence.toml → whence.toml"),
        ("circle/a.toml", "extends in a circle: circle/a.toml → circle/b.toml → circle/a.toml"),
        ("missing.toml", "cannot be read"),
    ],
)
def test_only_files_below_the_policy_are_extended(entry: str, message: str) -> None:
    """No network, no other folder, no circle; each refusal says why."""
    circle = {"circle/a.toml": 'extends = ["b.toml"]', "circle/b.toml": 'extends = ["../circle/a.toml"]'}

    def read(name: str) -> str:
        if name not in circle:
            raise FileNotFoundError(2, "No such file or directory")
        return "version = 1\n" + circle[name]

    with pytest.raises(UserError) as caught:
        load(f"version = 1\nextends = ['{entry}']\n", "whence.toml", Registry.builtin(), read=read)
    assert len(caught.value.problems) == 1
    assert message in caught.value.problems[0].message


def test_a_file_that_two_files_extend_counts_once() -> None:
    """A diamond is no circle."""
    files = {
        "a.toml": 'extends = ["c.toml"]',
        "b.toml": 'extends = ["c.toml"]',
        "c.toml": '[[scope]]\nname = "c"',
    }
    read = policy('version = 1\nextends = ["a.toml", "b.toml"]', files=files)
    assert [scope.name for scope in read.scopes] == ["c"]
    assert read.files == ("c.toml", "a.toml", "b.toml", "whence.toml")


def test_mistakes_in_an_extended_file_are_placed_there() -> None:
    """Those of the policy itself come first."""
    found = problems(
        "version = 1\nextends = ['b.toml']\nmode = 'x'", files={"b.toml": "version = 1\n\nmode = 'y'"}
    )
    assert [(p.path, p.line) for p in found] == [("whence.toml", 3), ("b.toml", 3)]


def test_there_is_a_limit_to_everything() -> None:
    """Too many files, a file too large, nesting too deep: said, not suffered."""
    chain = {f"{n}.toml": f'extends = ["{n + 1}.toml"]' for n in range(MAX_FILES + 5)}
    assert "one file too many" in problems('version = 1\nextends = ["0.toml"]', files=chain)[0].message
    assert "larger than" in problems("#" * (MAX_BYTES + 1) + "version")[0].message
    assert problems("version = 1\na = " + "[" * 5000)


def test_the_policy_file_is_found(tmp_path: Path) -> None:
    """whence.toml wins over pyproject.toml; a pyproject.toml without [tool.whence] is no policy."""
    assert find(tmp_path) is None
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text("[project]\nname = 'whence-user'\n")
    assert find(tmp_path) is None
    pyproject.write_text("[tool.whence]\nversion = 1\nmode = 'warn'\n")
    assert find(tmp_path) == pyproject
    assert load_file(pyproject, tmp_path, Registry.builtin()).mode == "warn"
    pyproject.write_text("[tool.whence]\nversion = \n")
    assert find(tmp_path) == pyproject
    (tmp_path / "whence.toml").write_text("version = 1\n")
    assert find(tmp_path) == tmp_path / "whence.toml"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, not UTF-8, behind a link out of the workspace: never a traceback."""
    root, outside = tmp_path / "root", tmp_path / "secret.toml"
    root.mkdir()
    outside.write_text("version = 1\nmode = 'warn'\n")
    file = root / "whence.toml"
    with pytest.raises(UserError, match="could not be read"):
        load_file(file, root, Registry.builtin())
    file.write_bytes(b"version = 1 # \xff\n")
    with pytest.raises(UserError, match="not UTF-8"):
        load_file(file, root, Registry.builtin())
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(UserError, match="link out of the workspace"):
        load_file(file, root, Registry.builtin())
    file.unlink()
    os.mkfifo(root / "pipe.toml")
    file.write_text("version = 1\nextends = ['pipe.toml']\n")
    with pytest.raises(UserError) as waiting:
        load_file(file, root, Registry.builtin())
    assert "cannot be read: it is not a file" in waiting.value.problems[0].message
    file.unlink()
    os.mkfifo(root / "pyproject.toml")
    assert find(root) is None
    (root / "org.toml").symlink_to(outside)
    file.write_text("version = 1\nextends = ['org.toml']\n")
    with pytest.raises(UserError) as caught:
        load_file(file, root, Registry.builtin())
    assert "leads out of the policy's folder" in caught.value.problems[0].message
    (root / "org.toml").unlink()
    (root / "org.toml").write_bytes(b"\xef\xbb\xbfversion = 1\nmode = 'warn'\n")
    assert load_file(file, root, Registry.builtin()).mode == "warn"


def test_a_policy_costs_little_to_import() -> None:
    """Neither parsers nor the language server, and nothing to explain mistakes with before there is one."""
    code = "import sys, whence.policy; print([m for m in ('tree_sitter', 'pygls', 'lsprotocol', 'rapidfuzz') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
