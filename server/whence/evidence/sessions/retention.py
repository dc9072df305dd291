"""For how long tools keep their transcripts, as far as they say so: what is not in the index by then is lost.

Claude Code deletes transcripts that have not changed for `cleanupPeriodDays` (30 where nothing is set) when it starts.
Gemini CLI does so after `general.sessionRetention.maxAge` (30 days where nothing is set) unless
`general.sessionRetention.enabled` is false. The other tools that are read here delete nothing by age, or do not say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whence.evidence.sessions.stores.files import shown, small_text
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.values import mapping, string
from whence.quick import dataclass

DEFAULT_DAYS = 30.0

_AGE = re.compile(r"(\d{1,6})([hdwm])")
_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": 30.0}


@dataclass(frozen=True, slots=True)
class Retention:
    """After how many days without a change a tool deletes a transcript."""

    days: float
    setting: str
    """What it is called, and in which file it is set or could be."""


def retention(source: str, environment: Mapping[str, str]) -> Retention | None:
    """A reader's tool's; None where it is not known to delete by age."""
    find = _RULES.get(source)
    return find(environment) if find is not None else None


def _claude(environment: Mapping[str, str]) -> Retention | None:
    base = home(environment)
    root = Path(environment.get("CLAUDE_CONFIG_DIR", "") or (base / ".claude" if base else "/nowhere"))
    file = root / "settings.json"
    value = _settings(file).get("cleanupPeriodDays")
    days = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else DEFAULT_DAYS
    if days <= 0:  # what that means differs between versions
        return None
    return Retention(days, f"cleanupPeriodDays in {shown(file, environment)}")


def _gemini(environment: Mapping[str, str]) -> Retention | None:
    base = home(environment)
    if base is None:
        return None
    file = base / ".gemini" / "settings.json"
    rule = mapping(_settings(file), "general", "sessionRetention")
    if rule.get("enabled") is False:
        return None
    found = _AGE.fullmatch(string(rule, "maxAge"))
    days = int(found[1]) * _UNITS[found[2]] if found else DEFAULT_DAYS
    return Retention(days, f"general.sessionRetention.maxAge in {shown(file, environment)}")


def _settings(file: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(small_text(file) or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


_RULES = {"claude-code-session": _claude, "gemini-cli-session": _gemini}
