"""SpecStory: other tools' sessions as Markdown, committed with the code."""

from whence.evidence.sessions.readers.specstory.reader import SpecStory

__all__ = ["SpecStory"]
