; The entries of each document, by key; the items of a list have no name.
(document (block_node (block_mapping (block_mapping_pair key: (_) @name) @region.entry)))
(document (block_node (block_sequence (block_sequence_item) @region.entry)))
(document (flow_node (flow_mapping (flow_pair key: (_) @name) @region.entry)))

; What was read before a fault.
(ERROR (block_mapping_pair key: (_) @name) @region.entry)
(ERROR (block_mapping (block_mapping_pair key: (_) @name) @region.entry))
