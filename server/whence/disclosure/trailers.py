"""Which trailers a commit needs: one for each tool, in a form that its rule accepts, none that is there already. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from whence.disclosure import forms
from whence.disclosure.forms import Form
from whence.disclosure.parts import Part
from whence.evidence.marks import Mark
from whence.model import Agent, Evidence, EvidenceClass, Requirement
from whence.policy import Decision, Policy, Question, decide, discloses
from whence.quick import dataclass
from whence.ranges import count
from whence.text import display
from whence.tools import Registry


@dataclass(frozen=True, slots=True)
class Trailers:
    """The lines to add, and what a person should know."""

    lines: tuple[str, ...] = ()
    asked: int = 0
    """Lines of text for which a disclosure is asked, said already or not."""
    remarks: tuple[str, ...] = ()
    """Whole sentences."""
    unmet: tuple[str, ...] = ()
    """Sentences about disclosures that are asked for and that no trailer makes."""


def trailers(
    parts: Iterable[Part],
    registry: Registry,
    *,
    form: Form | None = None,
    said: Sequence[Mark] = (),
    policy: Policy | None = None,
) -> Trailers:
    """The trailers for a change. `said` is what its message declares already.

    Without `form` the policy decides: what it does not want disclosed is left alone, and without a policy everything
    is disclosed in the mildest form. `form` discloses everything in that form. `policy` lets a form be left out that
    the policy itself forbids, such as a tool named as co-author.
    """
    made = _Making(registry, form, said, policy)
    for part in _largest_first(parts):
        made.add(part)
    return made.result()


def declared(trailer: str, agent: Agent) -> Evidence:
    """A trailer as the evidence that a scan will read from it."""
    return Evidence(
        lines=(),
        agent=agent,
        evidence_class=EvidenceClass.DECLARED,
        source="git-history",
        reference="",
        confidence=0.0,
        detail=trailer,
        signal=f"trailer:{agent.tool or 'ai'}",
    )


def _largest_first(parts: Iterable[Part]) -> list[Part]:
    listed = list(parts)
    totals: Counter[Agent] = Counter()
    for part in listed:
        totals[part.item.agent] += count(part.lines)
    return sorted(listed, key=lambda part: -totals[part.item.agent])


class _Making:
    """Trailers while they are being collected."""

    def __init__(
        self, registry: Registry, form: Form | None, said: Sequence[Mark], policy: Policy | None
    ) -> None:
        self.registry = registry
        self.form = form
        self.said = [mark for mark in said if not mark.suggestion]
        self.policy = policy
        self.lines: dict[str, Agent] = {}
        self.asked = 0
        self.remarks: dict[str, None] = {}
        self.unmet: dict[str, None] = {}

    def result(self) -> Trailers:
        return Trailers(tuple(self.lines), self.asked, tuple(self.remarks), tuple(self.unmet))

    def add(self, part: Part) -> None:
        if self.form is not None or self.policy is None:
            self.asked += count(part.lines)
            self._disclose(part, None)
            return
        self.asked += count(part.lines) if part.asked else 0
        for decision in part.missing:
            self._disclose(part, decision)

    def _disclose(self, part: Part, decision: Decision | None) -> None:
        """One trailer that meets the decision (None: any will do), unless it is there already."""
        agent, question = part.item.agent, part.question
        if self._is_said(agent, decision):
            return
        found = self._chosen(part, decision, question)
        name = self.registry.display(agent)
        if found is None:
            self.unmet[self._why_not(part, decision, name)] = None
            return
        self.lines[found] = agent
        if f":{forms.UNKNOWN_MODEL}" in found:
            self.remarks[f"Which model {name} ran is not known."] = None
        if not forms.read_back(found, agent, self.registry):
            self.remarks[
                f"A scan will not read `{display(found)}` as {name}; a [[tool]] of the policy with that trailer makes it."
            ] = None
        if self._forbidden(found, agent, question):
            self.remarks[f"The policy itself forbids the mark `{display(found)}`."] = None

    def _chosen(self, part: Part, decision: Decision | None, question: Question | None) -> str | None:
        agent, modest = part.item.agent, _helped_only(part)
        if self.form is not None:
            made = forms.line(self.form, agent, self.registry)
            return made if made and not (modest and forms.claims_writing(made)) else None
        wanted = decision.disclosure if decision else ()
        unread = None
        for made in forms.candidates(wanted, agent, self.registry):
            if decision is not None and not discloses(decision, declared(made, agent)):
                continue
            if modest and forms.claims_writing(made):
                continue
            if self._forbidden(made, agent, question):
                continue
            if forms.read_back(made, agent, self.registry):
                return made
            unread = unread or made
        # What no scan reads meets no rule; without a rule it still says the truth to people.
        return unread if decision is None else None

    def _is_said(self, agent: Agent, decision: Decision | None) -> bool:
        """Whether the message, or a line that is about to be added to it, discloses the agent as asked."""
        for mark in (*self.said, *self._added()):
            if not forms.says(mark, agent):
                continue
            if self.form is not None:
                if forms.in_form(self.form, mark.detail):
                    return True
            elif decision is None or discloses(decision, declared(mark.detail, agent)):
                return True
        return False

    def _added(self) -> tuple[Mark, ...]:
        if not self.lines:
            return ()
        return forms.marks_in("Change\n\n" + "\n".join(self.lines) + "\n", self.registry)

    def _forbidden(self, made: str, agent: Agent, question: Question | None) -> bool:
        """Whether the policy forbids the lines once the trailer is there, and does not without it."""
        if self.policy is None or question is None:
            return False
        item = question.attribution
        if decide(self.policy, question).requirement is Requirement.FORBID:
            return False
        marked = replace(item, evidence=(*item.evidence, declared(made, agent)))
        after = decide(self.policy, replace(question, attribution=marked))
        return after.requirement is Requirement.FORBID

    def _why_not(self, part: Part, decision: Decision | None, name: str) -> str:
        lines = count(part.lines)
        what = f"{lines} line{'' if lines == 1 else 's'} of {display(part.path)} by {name}"
        if _helped_only(part):
            return f"{what}: a marker says that the tool assisted, and the form that is asked for says more."
        if self.form is not None:
            return f"{what}: no address is known for a `{self.form}` trailer; choose another form."
        rule = f" (rule at {decision.rule.place})" if decision and decision.rule else ""
        globs = ", ".join(f"`{display(glob)}`" for glob in decision.disclosure) if decision else ""
        return f"{what}: no trailer that a scan reads is in the form that the policy asks for: {globs or 'any'}{rule}."


def _helped_only(part: Part) -> bool:
    """Whether nothing but a marker's word for assistance speaks for the lines."""
    return all(
        piece.evidence_class is EvidenceClass.DECLARED and "assist" in piece.detail.lower()
        for piece in part.item.evidence
    )
