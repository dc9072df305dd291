; The entries of the outermost object, by key; the items of an outermost list have no name.
(document (object (pair key: (string) @name) @region.entry))
(document (array [(object) (array)] @region.entry))

; While the outermost bracket is not closed.
(ERROR (pair key: (string) @name) @region.entry)
