; Long values that have a name; what says more of the same node stands below.
(module (expression_statement (assignment left: [(identifier) (attribute)] @name right: (_)) @region.value))

; A decorated definition matches twice around one name; the outer span, with its decorators, is kept.
(function_definition name: (identifier) @name) @region.function
(class_definition name: (identifier) @name) @region.class
(decorated_definition definition: (function_definition name: (identifier) @name)) @region.function
(decorated_definition definition: (class_definition name: (identifier) @name)) @region.class

; A lambda that has a name and its own statement.
(module (expression_statement
  (assignment left: (identifier) @name right: (lambda)) @region.function))
