(document (pair . (_) @name) @region.entry)
(document (table . (_) @name) @region.entry)
(document (table_array_element . (_) @name) @region.entry)
