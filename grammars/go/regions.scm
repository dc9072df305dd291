; Long values that have a name; what says more of the same node stands below.
(source_file (var_declaration . (var_spec . name: (identifier) @name value: (_)) .) @region.value)
(source_file (const_declaration . (const_spec . name: (identifier) @name value: (_)) .) @region.value)

(function_declaration name: (identifier) @name) @region.function

; A method is named after its receiver's type: Queue.Push.
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @scope
    (generic_type type: (type_identifier) @scope)
    (pointer_type (type_identifier) @scope)
    (pointer_type (generic_type type: (type_identifier) @scope))]))
  name: (field_identifier) @name) @region.method

(type_declaration (type_spec name: (type_identifier) @name type: [(struct_type) (interface_type)]) @region.class)
(type_declaration . (type_spec name: (type_identifier) @name type: [(struct_type) (interface_type)]) .) @region.class

(source_file (var_declaration . (var_spec . name: (identifier) @name
  value: (expression_list . (func_literal) .)) .) @region.function)
