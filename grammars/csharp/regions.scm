(class_declaration name: (identifier) @name) @region.class
(struct_declaration name: (identifier) @name) @region.class
(interface_declaration name: (identifier) @name) @region.class
(record_declaration name: (identifier) @name) @region.class
(enum_declaration name: (identifier) @name) @region.class
(method_declaration name: (identifier) @name body: (_)) @region.method
(constructor_declaration name: (identifier) @name) @region.method
(destructor_declaration "~" @name name: (identifier) @name) @region.method
(operator_declaration "operator" @name operator: _ @name) @region.method
(indexer_declaration "this" @name) @region.method
; A property that computes; one that only stores is a field.
(property_declaration name: (identifier) @name value: (arrow_expression_clause)) @region.method
(property_declaration name: (identifier) @name
  accessors: (accessor_list (accessor_declaration body: (_)))) @region.method
(event_declaration name: (identifier) @name) @region.method
(local_function_statement name: (identifier) @name) @region.function
(namespace_declaration name: (_) @name) @region.module
