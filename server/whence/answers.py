"""Which attributed lines already meet what a rule asks, and what a reader should know of the others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from whence.model import Attribution, Dispute, Evidence, EvidenceClass, Requirement
from whence.policy import Decision, Policy, contested, discloses, may_answer, promises, serves
from whence.quick import dataclass
from whence.ranges import Lines, count, each, from_lines, intersect, subtract, union
from whence.review import Covered, Review
from whence.review.people import Joined, People, counts, mailbox, one


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about some lines; a finding shows it only where it holds one of them."""

    lines: Lines
    text: str
    """`{n}` stands for how many of the lines the finding holds."""
    rejected: str = ""
    """Who read the lines and rejected them."""

    def on(self, lines: Lines) -> str:
        """The sentence for a finding with these lines; empty where it says nothing of them."""
        number = count(intersect(self.lines, lines))
        return self.text.replace("{n}", f"{number} line{'' if number == 1 else 's'}") if number else ""


def answered(
    policy: Policy | None,
    item: Attribution,
    decision: Decision,
    heard: Sequence[Evidence],
    covered: Sequence[Covered],
    user: str | None = None,
    joined: Joined = (),
) -> tuple[Lines, tuple[Note, ...]]:
    """The lines of `item` that meet the decision, and notes on the others.

    `heard` is all evidence of the document, `covered` what the ledger says of its attributed lines. Nothing meets
    `forbid`; a declaration in the form that is asked for meets `disclose`; enough reviews that count meet `review`.
    """
    if decision.requirement is Requirement.FORBID:
        return (), tuple(_words(policy, item, covered))
    if decision.requirement is Requirement.DISCLOSE:
        said = union(*(disclosed(piece, item) for piece in heard if discloses(decision, piece)))
        return said, tuple(_words(policy, item, covered))
    notes: list[Note] = list(_words(policy, item, covered))
    people: dict[int, set[str]] = {}
    rejected: Lines = ()
    for cover in covered:
        mine = intersect(cover.lines, item.lines)
        if cover.stale and cover.review.result == "approved":
            notes += _stale(cover, item, covered)
        if not mine or cover.review.result == "disputed":
            continue
        why_not = refusal(policy, decision, item, cover.review, user, joined)
        if why_not:
            no = cover.review.result == "rejected"
            notes.append(Note(mine, why_not, cover.review.reviewer if no else ""))
            if no:
                rejected = union(rejected, mine)
            continue
        for line in each(mine):
            people.setdefault(line, set()).add(one(cover.review.reviewer, joined))
    needed = max(decision.reviewers, 1)
    done = from_lines(line for line, who in people.items() if len(who) >= needed)
    names = {one(cover.review.reviewer, joined): cover.review.reviewer for cover in covered}
    short: dict[tuple[str, ...], list[int]] = {}
    for line, who in people.items():
        if len(who) < needed:
            short.setdefault(tuple(sorted(names[one] for one in who)), []).append(line)
    for so_far, lines in sorted(short.items()):
        more = needed - len(so_far)
        text = (
            f"{', '.join(so_far)} approved {{n}} of these; the rule asks for {needed} people, so {more} more "
        )
        notes.append(Note(from_lines(lines), text + ("has to." if more == 1 else "have to.")))
    # Who read lines and refused them is not overruled by somebody else's approval: the two have to talk.
    return subtract(done, rejected), tuple(dict.fromkeys(notes))


def disputes(
    policy: Policy | None, path: str, item: Attribution, covered: Sequence[Covered]
) -> tuple[Dispute, ...]:
    """Who says that these lines are not the tool's, and what the policy makes of it."""
    found = []
    for cover in covered:
        mine = intersect(cover.lines, item.lines)
        if mine and cover.review.result == "disputed":
            who, why = cover.review.reviewer, cover.review.note
            found.append(Dispute(path, mine, item.agent, who, why, *contested(policy, who)))
    return tuple(found)


def _words(policy: Policy | None, item: Attribution, covered: Sequence[Covered]) -> Iterator[Note]:
    """Each dispute as a sentence."""
    for dispute in disputes(policy, "", item, covered):
        reason = dispute.reason.rstrip(".")
        text = f"{dispute.reviewer} disputes that a tool wrote these lines: {reason}; {dispute.standing}."
        yield Note(dispute.lines, text)


def disclosed(piece: Evidence, item: Attribution) -> Lines:
    """The lines that a declaration discloses: its own, and for its own tool what else it openly speaks of."""
    same = piece.agent.tool is None or piece.agent.tool == item.agent.tool
    return union(piece.lines, piece.discloses) if same else piece.lines


def _stale(cover: Covered, item: Attribution, covered: Sequence[Covered]) -> list[Note]:
    """What came in, or was changed, among the lines that somebody approved, and was not answered by them since."""
    who = cover.review.reviewer
    since = union(*(other.lines for other in covered if mailbox(other.review.reviewer) == mailbox(who)))
    changed = subtract(intersect(cover.stale.added, item.lines), since) if cover.stale else ()
    if not changed:
        return []
    return [Note(changed, f"Since {who} approved what stands around them, {{n}} came in or changed.")]


def refusal(
    policy: Policy | None,
    decision: Decision,
    item: Attribution,
    review: Review,
    user: str | None = None,
    joined: Joined = (),
) -> str:
    """Why a review does not meet the decision, as a sentence; empty when it does. `user` works on this machine.

    `joined` says who is one person with whom.
    """
    who = review.reviewer
    if review.result == "rejected":
        reason = f": {review.note.rstrip('.')}" if review.note else ""
        return f"{who} read these lines and rejected them{reason}. They have to change, or {who} has to answer anew."
    if not may_answer(decision, who):
        return f"{who} is none of those whose answer the rule wants: {', '.join(decision.approvers)}."
    if not promises(policy, review.criterion or None, decision.criterion):
        given = f"`{review.criterion}`" if review.criterion else "no criterion"
        return f"{who}'s review gives {given}; the rule asks for `{decision.criterion}`."
    if not serves(decision, review.purpose or None):
        stated = f"the purpose `{review.purpose}`" if review.purpose else "no purpose"
        return f"{who}'s review states {stated}; the rule allows {', '.join(decision.purposes)}."
    return counts(review, _people(item, user, joined)).why if decision.reviewers else ""


def _people(item: Attribution, user: str | None, joined: Joined) -> People:
    """Whoever made the commits or prompted the tool. A transcript on this machine is its own user's."""
    committed = [piece.person for piece in item.evidence if piece.person and piece.commit]
    prompted = [piece.person for piece in item.evidence if piece.person and not piece.commit]
    if user and any(
        piece.evidence_class is EvidenceClass.SESSION and not piece.person for piece in item.evidence
    ):
        prompted.append(user)
    return People(tuple(dict.fromkeys(committed)), tuple(dict.fromkeys(prompted)), joined)
