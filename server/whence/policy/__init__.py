"""The policy: what a workspace's rules ask of AI-written lines, and why.

`load` makes a `Policy` from text, `decide` asks it. Everything but `files` is pure; neither tree-sitter nor pygls
is imported, and rapidfuzz only when there is a mistake to explain.
"""

from whence.policy.deciding import decide, strictness
from whence.policy.files import find, load_file, surroundings
from whence.policy.owners import Owners
from whence.policy.reach import asks, excluded, ignored, in_scope, unlooked
from whence.policy.settling import contested, covers, discloses, may_answer, promises, serves
from whence.policy.surroundings import Surroundings
from whence.policy.values import (
    Conditions,
    Criterion,
    Decision,
    Disputes,
    Mode,
    Permit,
    Place,
    Policy,
    Presumption,
    Question,
    Rule,
    Scope,
    Signal,
    Step,
    Term,
)

__all__ = [
    "Conditions",
    "Criterion",
    "Decision",
    "Disputes",
    "Mode",
    "Owners",
    "Permit",
    "Place",
    "Policy",
    "Presumption",
    "Question",
    "Rule",
    "Scope",
    "Signal",
    "Step",
    "Surroundings",
    "Term",
    "asks",
    "contested",
    "covers",
    "decide",
    "discloses",
    "excluded",
    "find",
    "ignored",
    "in_scope",
    "load_file",
    "may_answer",
    "promises",
    "serves",
    "strictness",
    "surroundings",
    "unlooked",
]
