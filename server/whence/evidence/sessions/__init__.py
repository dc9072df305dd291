"""Session evidence: text in the workspace that stands in a tool's own transcript as text that it wrote.

The strongest proof that needs no cooperation: no trailer, no note, no hook. `Sessions.prepare` finds the transcripts of
every reader, those of sessions in this workspace first, reads them within a budget, keeps only digests of what was
inserted, and answers for any document from memory.
"""
