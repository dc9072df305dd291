; Long values that have a name; what says more of the same node stands below.
(translation_unit (declaration declarator: (init_declarator declarator: [
  (identifier) @name
  (array_declarator declarator: (identifier) @name)
  (array_declarator declarator: (array_declarator declarator: (identifier) @name))
  (pointer_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))])) @region.value)

; The name lies under as many pointers as the result has.
(function_definition declarator: (function_declarator declarator: (identifier) @name)) @region.function
(function_definition declarator: (pointer_declarator
  declarator: (function_declarator declarator: (identifier) @name))) @region.function
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator
  declarator: (function_declarator declarator: (identifier) @name)))) @region.function
; A result that is a pointer to a function.
(function_definition declarator: (function_declarator declarator: (parenthesized_declarator
  (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))))) @region.function

(struct_specifier name: (type_identifier) @name body: (field_declaration_list)) @region.class
(union_specifier name: (type_identifier) @name body: (field_declaration_list)) @region.class
(enum_specifier name: (type_identifier) @name body: (enumerator_list)) @region.class
(type_definition
  type: [
    (struct_specifier body: (field_declaration_list))
    (union_specifier body: (field_declaration_list))
    (enum_specifier body: (enumerator_list))]
  declarator: (type_identifier) @name) @region.class
(preproc_function_def name: (identifier) @name) @region.function
