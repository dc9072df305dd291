"""`whence/status`: one notification that says how the server is, for editors that show it (docs/editors.md).

Sent only to a client whose initialization options ask for it, and only when it says something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whence.text import display

if TYPE_CHECKING:
    from whence.lsp.session import Session

STATUS = "whence/status"


class Status:
    """What was told last. Owned by the loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: dict[str, Any] | None = None

    def tell(self) -> None:
        """Say how things are, if that has changed."""
        if not self._session.settings.status_notifications:
            return
        now = self._now()
        if now != self._told:
            self._told = now
            self._session.server.protocol.notify(STATUS, now)

    def _now(self) -> dict[str, Any]:
        roots = list(self._session.roots.values())
        cards = [root.card for root in roots if root.card is not None]
        busy = any(root.preparing for root in roots)
        gaps = (gap for card in cards for gap in (*card.not_measured, *card.reviews))
        return {
            "busy": "looking at git, notes and sessions" if busy else None,
            "trouble": next((display(root.failure, 300) for root in roots if root.failure), None),
            "policies": [card.policy for card in cards if card.policy],
            "notMeasured": list(dict.fromkeys(gaps)),
        }
