"""Documents while they are edited: what is found in them is kept in step with every keystroke, and shown.

Everything here is plain values and plain computing, in a process of its own beside the language server's loop
(`lsp` talks, `live` works). It knows no protocol library; what it sends is ready-made JSON.
"""
