; Long values that have a name; what says more of the same node stands below.
(program (lexical_declaration . (variable_declarator name: (identifier) @name value: (_)) .) @region.value)
(program (variable_declaration . (variable_declarator name: (identifier) @name value: (_)) .) @region.value)
(program (export_statement declaration: (lexical_declaration
  . (variable_declarator name: (identifier) @name value: (_)) .)) @region.value)
(program (expression_statement (assignment_expression left: [(identifier) (member_expression)] @name)) @region.value)
(program (export_statement "default" @name value: (_)) @region.value)
(type_alias_declaration name: (type_identifier) @name) @region.value
(export_statement declaration: (type_alias_declaration name: (type_identifier) @name)) @region.value

(function_declaration name: (identifier) @name) @region.function
(generator_function_declaration name: (identifier) @name) @region.function
(class_declaration name: (type_identifier) @name) @region.class
(export_statement declaration: (function_declaration name: (identifier) @name)) @region.function
(export_statement declaration: (generator_function_declaration name: (identifier) @name)) @region.function
(export_statement declaration: (class_declaration name: (type_identifier) @name)) @region.class
(export_statement "default" @name value: [(arrow_function) (function_expression) (generator_function)]) @region.function
(export_statement "default" @name value: (class)) @region.class

(class_body (method_definition name: (_) @name) @region.method)
(class_body (public_field_definition name: (_) @name value: [(arrow_function) (function_expression)]) @region.method)

; const f = () => ..., alone in its statement or not, exported or not.
(variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @region.function
(lexical_declaration . (variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) .) @region.function
(variable_declaration . (variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) .) @region.function
(export_statement declaration: (lexical_declaration . (variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) .)) @region.function
(variable_declarator name: (identifier) @name value: (class)) @region.class

; const Card = memo(() => ...), at the top of the file only.
(program (lexical_declaration . (variable_declarator name: (identifier) @name
  value: (call_expression arguments: (arguments . [(arrow_function) (function_expression)]))) .) @region.function)
(program (export_statement declaration: (lexical_declaration . (variable_declarator name: (identifier) @name
  value: (call_expression arguments: (arguments . [(arrow_function) (function_expression)]))) .)) @region.function)

; exports.f = function () ..., Thing.prototype.f = ...
(expression_statement (assignment_expression left: (member_expression) @name
  right: [(arrow_function) (function_expression) (generator_function)])) @region.function
(expression_statement (assignment_expression left: (member_expression) @name right: (class))) @region.class

; An object that has a name and functions.
(lexical_declaration . (variable_declarator name: (identifier) @name value: (object [
  (method_definition)
  (pair value: [(arrow_function) (function_expression) (generator_function)])])) .) @region.object
(variable_declaration . (variable_declarator name: (identifier) @name value: (object [
  (method_definition)
  (pair value: [(arrow_function) (function_expression) (generator_function)])])) .) @region.object
(export_statement declaration: (lexical_declaration . (variable_declarator name: (identifier) @name value: (object [
  (method_definition)
  (pair value: [(arrow_function) (function_expression) (generator_function)])])) .)) @region.object
(expression_statement (assignment_expression left: [(identifier) (member_expression)] @name right: (object [
  (method_definition)
  (pair value: [(arrow_function) (function_expression) (generator_function)])]))) @region.object
(object (method_definition name: (_) @name) @region.method)
(object (pair key: [(property_identifier) (string)] @name
  value: [(arrow_function) (function_expression) (generator_function)]) @region.method)

; Tests, and suites of them.
((expression_statement (call_expression function: [(identifier) (member_expression)] @_call
  arguments: (arguments . [(string) (template_string)] @name . [(arrow_function) (function_expression)]))) @region.test
  (#match? @_call "^(describe|context|suite|it|test|specify|Deno\\.test)(\\.(only|skip|concurrent))?$"))

(class_body (decorator) @leading)

; What only TypeScript has.
(abstract_class_declaration name: (type_identifier) @name) @region.class
(export_statement declaration: (abstract_class_declaration name: (type_identifier) @name)) @region.class
(interface_declaration name: (type_identifier) @name) @region.class
(export_statement declaration: (interface_declaration name: (type_identifier) @name)) @region.class
(enum_declaration name: (identifier) @name) @region.class
(export_statement declaration: (enum_declaration name: (identifier) @name)) @region.class
(type_alias_declaration name: (type_identifier) @name value: (object_type)) @region.class
(export_statement declaration: (type_alias_declaration name: (type_identifier) @name value: (object_type))) @region.class
(expression_statement (internal_module name: (_) @name)) @region.module
(export_statement declaration: (internal_module name: (_) @name)) @region.module
(ambient_declaration (module name: (_) @name)) @region.module
(ambient_declaration "global" @name) @region.module

; The overloads of a function stand above it.
(function_signature) @leading
(export_statement declaration: (function_signature)) @leading
(method_signature) @leading
