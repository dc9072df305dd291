; Long values that have a name; what says more of the same node stands below.
(program (lexical_declaration . (variable_declarator name: (identifier) @name value: (_)) .) @region.value)
(program (variable_declaration . (variable_declarator name: (identifier) @name value: (_)) .) @region.value)
(program (export_statement declaration: (lexical_declaration
  . (variable_declarator name: (identifier) @name value: (_)) .)) @region.value)
(program (expression_statement (assignment_expression left: [(identifier) (member_expression)] @name)) @region.value)
(program (export_statement "default" @name value: (_)) @region.value)

(function_declaration name: (identifier) @name) @region.function
(generator_function_declaration name: (identifier) @name) @region.function
(class_declaration name: (identifier) @name) @region.class
(export_statement declaration: (function_declaration name: (identifier) @name)) @region.function
(export_statement declaration: (generator_function_declaration name: (identifier) @name)) @region.function
(export_statement declaration: (class_declaration name: (identifier) @name)) @region.class
(export_statement "default" @name value: [(arrow_function) (function_expression) (generator_function)]) @region.function
(export_statement "default" @name value: (class)) @region.class

(class_body (method_definition name: (_) @name) @region.method)
(class_body (field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @region.method)

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
