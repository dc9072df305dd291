"""Tasks: the format of Cline, which Roo Code and Kilo Code took over. No tool of its own."""

from whence.evidence.sessions.readers.tasks.format import TaskFormat

__all__ = ["TaskFormat"]
