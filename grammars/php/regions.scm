; Long values that have a name; what says more of the same node stands below.
(program (expression_statement (assignment_expression left: (variable_name) @name)) @region.value)
(program (const_declaration . (const_element . (name) @name) .) @region.value)

(function_definition name: (name) @name) @region.function
(method_declaration name: (name) @name body: (compound_statement)) @region.method
(class_declaration name: (name) @name) @region.class
(interface_declaration name: (name) @name) @region.class
(trait_declaration name: (name) @name) @region.class
(enum_declaration name: (name) @name) @region.class
(program (expression_statement (assignment_expression
  left: (variable_name) @name right: [(anonymous_function) (arrow_function)])) @region.function)
(namespace_definition name: (namespace_name) @name body: (_)) @region.module
