"""The language server: one face of the engine. The only room that imports pygls and lsprotocol (0.3 s of import)."""
