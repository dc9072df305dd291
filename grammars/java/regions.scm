(class_declaration name: (identifier) @name) @region.class
(interface_declaration name: (identifier) @name) @region.class
(enum_declaration name: (identifier) @name) @region.class
(record_declaration name: (identifier) @name) @region.class
(annotation_type_declaration name: (identifier) @name) @region.class
(method_declaration name: (identifier) @name body: (block)) @region.method
(constructor_declaration name: (identifier) @name) @region.method
(compact_constructor_declaration name: (identifier) @name) @region.method
(enum_constant name: (identifier) @name body: (class_body)) @region.class
(static_initializer "static" @name) @region.method
