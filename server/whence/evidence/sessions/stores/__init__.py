"""How tools keep their sessions, and how to get at it: with bounds, without following links, leaving no trace.

files      finding files, reading lines of JSON and whole documents
elements   one long list in a document, element by element
streams    bytes, whether they are in a file, compressed, or objects of a git repository
sqlite     databases, while the tools run
folders    the home folder, and where VS Code and the editors made from it keep things
editors    what their extensions and chats remember there
values     taking values out of foreign JSON
"""
