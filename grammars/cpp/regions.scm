; Long values that have a name; what says more of the same node stands below.
(translation_unit (declaration declarator: (init_declarator declarator: [
  (identifier) @name
  (array_declarator declarator: (identifier) @name)
  (array_declarator declarator: (array_declarator declarator: (identifier) @name))
  (pointer_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))])) @region.value)
(declaration_list (declaration declarator: (init_declarator declarator: [
  (identifier) @name
  (array_declarator declarator: (identifier) @name)
  (array_declarator declarator: (array_declarator declarator: (identifier) @name))
  (pointer_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))])) @region.value)

; The name lies under what the result is: a value, a pointer, a reference.
(function_definition declarator: (function_declarator declarator: (_) @name)) @region.function
(function_definition declarator: (pointer_declarator
  declarator: (function_declarator declarator: (_) @name))) @region.function
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator
  declarator: (function_declarator declarator: (_) @name)))) @region.function
(function_definition declarator: (reference_declarator
  (function_declarator declarator: (_) @name))) @region.function
(function_definition declarator: (operator_cast) @name) @region.function
(template_declaration (function_definition declarator: [
  (function_declarator declarator: (_) @name)
  (pointer_declarator declarator: (function_declarator declarator: (_) @name))
  (reference_declarator (function_declarator declarator: (_) @name))])) @region.function
(template_declaration (function_definition declarator: (operator_cast) @name)) @region.function

; A member of a template, written outside of it, is named without the template's arguments.
(template_declaration (function_definition declarator: [
  (function_declarator declarator: (qualified_identifier
    scope: (template_type name: (_) @scope) name: (_) @name))
  (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier
    scope: (template_type name: (_) @scope) name: (_) @name)))
  (reference_declarator (function_declarator declarator: (qualified_identifier
    scope: (template_type name: (_) @scope) name: (_) @name)))])) @region.function

; Test frameworks: TEST(Suite, Name) {
((function_definition !type declarator: (function_declarator declarator: (identifier) @_macro
  parameters: (parameter_list . (parameter_declaration) @scope . (parameter_declaration) @name .))) @region.test
  (#any-of? @_macro "TEST" "TEST_F" "TEST_P" "TYPED_TEST" "TYPED_TEST_P"))

(class_specifier name: (_) @name body: (field_declaration_list)) @region.class
(struct_specifier name: (_) @name body: (field_declaration_list)) @region.class
(union_specifier name: (_) @name body: (field_declaration_list)) @region.class
(enum_specifier name: (_) @name body: (enumerator_list)) @region.class
(template_declaration [
  (class_specifier name: (_) @name body: (field_declaration_list))
  (struct_specifier name: (_) @name body: (field_declaration_list))]) @region.class
(template_declaration (concept_definition name: (identifier) @name)) @region.class
(type_definition
  type: [
    (struct_specifier body: (field_declaration_list))
    (union_specifier body: (field_declaration_list))
    (enum_specifier body: (enumerator_list))]
  declarator: (type_identifier) @name) @region.class
(preproc_function_def name: (identifier) @name) @region.function
(declaration declarator: (init_declarator declarator: (identifier) @name value: (lambda_expression))) @region.function

(namespace_definition name: (_) @name) @region.module
(namespace_definition !name) @region.module
