"""One small story for every editor: what a person wrote, what Codex and Claude Code added, and what is allowed."""

from __future__ import annotations

HUMAN = '"""Tides 😀."""\n\n\ndef low(rows):\n    return min(row.height for row in rows)\n'

FORBIDDEN = '''

def surge(rows, wind):
    """😀 Heights with the wind's share added."""
    drag = 0.0012 * wind.speed ** 2
    shifted = [row.height + drag * row.fetch for row in rows]
    return [height for height in shifted if height > 0]
'''

WRITTEN = '''

def smooth(rows, width):
    """😀 Running mean of the heights."""
    total = sum(row.height for row in rows[:width])
    means = [total / width]
    for left, right in zip(rows, rows[width:]):
        total += right.height - left.height
        means.append(total / width)
    return means
'''

POLICY = """version = 1
own_vendors = ["meta"]

[[scope]]
name = "models"
paths = ["**"]

  [[scope.rule]]
  tools = ["claude-code"]
  require = "review"
  severity = "warning"
  because = "somebody answers for it"

  [[scope.rule]]
  tools = ["codex"]
  require = "forbid"
  because = "agreed in May"
"""
