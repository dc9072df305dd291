"""Whether the environment names a home folder in which tools can have left anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from whence.model import EvidenceClass, NotMeasured


def unfit(environment: Mapping[str, str]) -> tuple[NotMeasured, ...]:
    """What is not measured where the home folder can be none. That there is none, as in a container, is no fault."""
    named = {name: environment[name] for name in ("HOME", "USERPROFILE") if environment.get(name)}
    usable = next((name for name, home in named.items() if Path(home).is_absolute()), None)
    variable = usable or next(iter(named), None)
    if variable is None:
        return ()
    home = named[variable]
    if usable and (Path(home).is_dir() or not os.path.lexists(home)):
        return ()
    why = "is no folder" if usable else "is no absolute path"
    return (
        NotMeasured(
            "sessions",
            f"{variable} is {home}, which {why}: no tool's transcripts can be found",
            hint=f"set {variable} to your home folder",
            evidence_class=EvidenceClass.SESSION,
        ),
    )
