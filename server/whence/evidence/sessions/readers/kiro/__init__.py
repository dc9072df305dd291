"""Kiro, and Amazon Q's command line, which became Kiro's."""

from whence.evidence.sessions.readers.kiro.database import AmazonQ, KiroDatabase
from whence.evidence.sessions.readers.kiro.executions import KiroExecutions
from whence.evidence.sessions.readers.kiro.files import Kiro

__all__ = ["AmazonQ", "Kiro", "KiroDatabase", "KiroExecutions"]
