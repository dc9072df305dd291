"""What a call did to files, told from what a transcript records of it. Pure.

inserted        the lines that came in: between two texts, in a patch, in a proposal that a person changed
contents        whole texts of files, as far as a session shows them
inputs          what a call asks for, by the shape of its input
calls           a call that is known to have happened, of tools that record little more than what was asked for
pending         calls that wait for their result
patches         what commands (`shell`) and patches (`apply_patch`) insert
search_replace  edit blocks in a model's text
shown           what stood in front of the tool in a text that came back to it
odd             what looks like an edit that a reader does not understand
marks           what a session's lines are known by while it is read
masks           lines that a recorder blacked out
"""
