"""Session evidence: text in the workspace that stands in a tool's own transcript as text that it wrote.

The strongest proof that needs no cooperation: no trailer, no note, no hook. `source.Sessions` finds the transcripts of
every reader, brings the index up to date with them within a budget, those of sessions in this workspace first, and makes
what answers for any document out of the index, which holds digests and no text.

readers    one for each tool whose sessions are read
edits      what their calls did to files
stores     how tools keep things, and how to get at it
updating   the index, with what is new (`harvest` reads one transcript, `resuming` goes on in one that grew)
answering  the index, for one workspace (`base` learns its habits, `prepared` answers for a document)
side       one write, read back for a person
"""
