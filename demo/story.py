"""The texts of the demo: a tide service of three people, a bot and two coding agents. Data only."""

from __future__ import annotations

ADA = "Ada Marsh <ada@tidewater.example>"
BEN = "Ben Okafor <ben@tidewater.example>"
CLEO = "Cleo Lindqvist <cleo@tidewater.example>"
BOT = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"

POLICY = """\
version = 1
own_vendors = ["tidewater"]            # this company's own; every other vendor is a rival

[[tool]]                               # the company's own coding agent, which nobody else knows
id = "tidepilot"
vendor = "tidewater"

[[scope]]
name = "model-building"
paths = ["models/**"]
contact = "ada@tidewater.example"

  [[scope.rule]]
  tools = ["rival"]
  require = "forbid"
  because = "our models are built without other vendors' coding agents"

[[scope]]
name = "customer-service"
paths = ["service/**"]

  [[scope.rule]]
  tools = ["any"]
  require = "review"
  criterion = "read"
  because = "a person answers for what customers run"

[[scope]]
name = "scripting"
paths = ["scripts/**"]

  [[scope.rule]]
  tools = ["any"]
  require = "disclose"
  because = "say it when a tool wrote it"

[review.criteria.read]
text = "I read every line and can explain it without the tool."
"""

README = """\
# tidewater

Predicts tides from harmonic constituents.
"""

REQUIREMENTS = "httpx==0.27.0\nuvicorn==0.30.1\n"
REQUIREMENTS_BUMPED = "httpx==0.28.1\nuvicorn==0.30.1\n"

MODEL_2019 = '''\
"""Tide heights from harmonic constituents."""

from math import cos, radians

SPEEDS = {"M2": 28.984104, "S2": 30.0, "N2": 28.43973, "K1": 15.041069, "O1": 13.943035}
"""Degrees an hour."""


def height(hour: float, constituents: dict[str, tuple[float, float]]) -> float:
    """Metres above mean sea level; `hour` counts from the epoch of the phases."""
    total = 0.0
    for name, (amplitude, phase) in constituents.items():
        total += amplitude * cos(radians(SPEEDS[name] * hour - phase))
    return total
'''

CLAUDE_WROTE = '''

def next_high_water(hour: float, constituents: dict[str, tuple[float, float]], step: float = 0.1) -> float:
    """The hour of the first crest after `hour`, to about ten seconds."""
    rising = False
    last = height(hour, constituents)
    while True:
        hour += step
        now = height(hour, constituents)
        if rising and now < last:
            break
        rising = now > last
        last = now
    low, high = hour - 2 * step, hour
    while high - low > 0.003:
        left = low + (high - low) / 3
        right = high - (high - low) / 3
        if height(left, constituents) < height(right, constituents):
            low = left
        else:
            high = right
    return (low + high) / 2
'''

CLAUDE_WAS_REFUSED = '''

def height_in_feet(hour: float, constituents: dict[str, tuple[float, float]]) -> float:
    """Feet above mean sea level."""
    return height(hour, constituents) / 0.3048
'''

SERVICE_BY_BEN = '''\
"""Stations that the service knows."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt


@dataclass(frozen=True)
class Station:
    """A place with a tide gauge."""

    name: str
    latitude: float
    longitude: float
'''

SERVICE_WITH_CLAUDE = '''

def parse_station(line: str) -> Station:
    """Read `name;latitude;longitude`, degrees with a decimal point."""
    name, latitude, longitude = (field.strip() for field in line.split(";"))
    if not -90 <= float(latitude) <= 90:
        raise ValueError(f"latitude out of range for {name}: {latitude}")
    return Station(name, float(latitude), float(longitude))


def nearest_station(latitude: float, longitude: float, stations: list[Station]) -> Station:
    """The station with the shortest way over the sphere."""
    best, shortest = stations[0], 7.0
    for station in stations:
        north = radians(station.latitude - latitude)
        east = radians(station.longitude - longitude)
        across = sin(north / 2) ** 2
        along = cos(radians(latitude)) * cos(radians(station.latitude)) * sin(east / 2) ** 2
        way = 2 * asin(sqrt(across + along))
        if way < shortest:
            best, shortest = station, way
    return best
'''

SCRIPT_BY_ADA = '''\
"""Print the coming week's tides."""

from datetime import datetime, timedelta


def days(start: datetime) -> list[datetime]:
    """Seven midnights, from the one before `start`."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return [midnight + timedelta(days=n) for n in range(7)]
'''

CODEX_WROTE = '''

def table(rows: list[tuple[datetime, float]]) -> str:
    """Rows of time and height in aligned columns."""
    lines = []
    for moment, metres in rows:
        marker = "HIGH" if metres >= 0 else "low"
        lines.append(f"{moment:%a %H:%M}  {metres:+6.2f} m  {marker}")
    width = max((len(line) for line in lines), default=0)
    return "\\n".join(line.ljust(width) for line in lines)
'''
