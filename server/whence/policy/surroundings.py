"""What a policy may need to know besides the evidence: owners, branch, user. Values; `files.surroundings` looks it up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from whence.model import Attribution, NotMeasured
from whence.policy.mailmap import Joined
from whence.policy.owners import Owners
from whence.policy.values import Policy, Question
from whence.quick import dataclass

_HINT = "a scope or rule with that condition cannot hold here"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Of one workspace, at one moment. Picklable."""

    owners: Owners | None = None
    """CODEOWNERS; None: there is no such file."""
    prefix: str = ""
    """The workspace's place in its repository, `""` or `"sub/folder/"`: CODEOWNERS counts from the repository's root."""
    branch: str | None = None
    """The branch that is checked out; None: none, or no repository."""
    user: str | None = None
    """`Name <address>` as git would commit now."""
    mailmap: Joined = ()
    """Who is one person by the repository's .mailmap."""

    def asked(self, policy: Policy | None) -> Surroundings:
        """Only what a policy asks for: the branch is of no matter to most, nor who is one person with whom."""
        scopes = policy.scopes if policy is not None else ()
        conditions = [*(s.when for s in scopes), *(r.when for s in scopes for r in s.rules)]
        return replace(
            self,
            branch=self.branch if any(when.branches for when in conditions) else None,
            mailmap=self.mailmap if any(rule.reviewers for s in scopes for rule in s.rules) else (),
        )

    def owned(self, path: str) -> tuple[str, ...]:
        """The owners of a workspace path."""
        return self.owners.of(self.prefix + path) if self.owners else ()

    def question(self, path: str, item: Attribution, today: date) -> Question:
        """The question to a policy about lines of one origin in a workspace file.

        Lines that no commit brought in and whose evidence names nobody are the user's own.
        """
        anonymous = not any(piece.person or piece.commit for piece in item.evidence)
        authors = (self.user,) if anonymous and self.user else ()
        return Question(path, item, today, owners=self.owned(path), authors=authors, branch=self.branch)

    def not_measured(self, policy: Policy) -> tuple[NotMeasured, ...]:
        """What the policy speaks of and nobody can tell here, so that its condition never holds."""
        conditions = [*(s.when for s in policy.scopes), *(r.when for s in policy.scopes for r in s.rules)]
        out = []
        if self.owners is None and any(when.owners for when in conditions):
            out.append(
                NotMeasured(
                    "owners", "the policy speaks of owners, and there is no CODEOWNERS file", hint=_HINT
                )
            )
        if self.branch is None and any(when.branches for when in conditions):
            out.append(
                NotMeasured("branch", "the policy speaks of branches, and none is checked out", hint=_HINT)
            )
        return tuple(out)
