"""docs/policy.md is in step with the code."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from policies.asking import ask, policy, problems
from whence.policy.structure import schema

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
TEXT = PAGE.read_text("utf-8")
EXAMPLES = re.findall(r"^```toml(?: extends=(\S+))?\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
BASE = '[[scope]]\nname = "everything"\n[[scope.rule]]\nrequire = "forbid"\n'


@pytest.mark.parametrize(("extends", "text"), EXAMPLES)
def test_every_example_loads(extends: str, text: str) -> None:
    """What the page shows is what the loader takes."""
    assert policy("version = 1\n" + text, files={extends: BASE} if extends else None)


def test_the_page_has_examples_of_every_table() -> None:
    """Nothing of the format goes without an example."""
    shown = "\n".join(text for _, text in EXAMPLES)
    for key in set(schema()["properties"]) - {"version", "exclude", "contact"}:
        assert re.search(rf"^(\[+{key}\b|{key} =)", shown, re.MULTILINE), key


def test_the_generated_parts_are_up_to_date() -> None:
    """Key by key from the schema, class by class from the defaults."""
    assert runpy.run_path(str(PAGE.with_name("make_policy.py")))["page"]() == TEXT


def test_the_page_shows_real_messages() -> None:
    """The mistakes of the page are told in the page's words."""
    text = '[[scope]]\nname="x"\n[[scope.rule]]\ntools = ["claude"]\nrequire = "forbidden"\n'
    told = [p.message for p in (*problems(text), *problems("effective = 2026-01-01"))]
    shown = re.findall(r"^whence\.toml:\d+:\d+: (.*)$", TEXT, re.MULTILINE)
    assert told == shown


def test_what_the_page_says_of_precedence_is_so() -> None:
    """The first example: the later rule of the scope wins, and outside everything is allowed."""
    first = policy("version = 1\n" + EXAMPLES[0][1])
    answers = [
        str(ask(first, path).requirement)
        for path in ("models/a.py", "training/infra/a.py", "models/public/a.py", "a.py")
    ]
    assert answers == ["forbid", "review", "allow", "allow"]
