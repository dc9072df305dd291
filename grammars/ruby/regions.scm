(method name: (_) @name) @region.function
(singleton_method object: (_) @scope name: (_) @name) @region.function
(class name: (_) @name) @region.class
(module name: (_) @name) @region.class
(assignment left: (constant) @name
  right: (call block: [(do_block) (block)])) @region.class

; Suites give their names to their cases; rake tasks are functions.
((call method: (identifier) @_call arguments: (argument_list . (_) @name) block: (_)) @within
  (#any-of? @_call "describe" "context" "feature" "namespace"))
((call method: (identifier) @_call arguments: (argument_list . (string) @name) block: (_)) @region.test
  (#any-of? @_call "it" "specify" "scenario" "test"))
((call method: (identifier) @_call arguments: (argument_list . (simple_symbol) @name) block: (_)) @region.function
  (#any-of? @_call "task" "let" "let!" "subject" "scope" "define_method"))

(comment) @leading
