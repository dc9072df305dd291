; Long values that have a name; what says more of the same node stands below.
(assignment left: [(constant) (scope_resolution)] @name) @region.value

(method name: (_) @name) @region.function
(singleton_method object: (self) name: (_) @name) @region.function
(singleton_method object: (constant) @scope name: (_) @name) @region.function
(class name: (_) @name) @region.class
(module name: (_) @name) @region.module
(assignment left: (constant) @name
  right: (call block: [(do_block) (block)])) @region.class

; Tests, and suites of them.
((call method: (identifier) @_call arguments: (argument_list . (_) @name) block: (_)) @region.test
  (#any-of? @_call "describe" "context" "feature" "it" "specify" "scenario" "test"))
((call receiver: (constant) method: (identifier) @_call
  arguments: (argument_list . (_) @name) block: (_)) @region.test
  (#eq? @_call "describe"))
; Tasks, and methods made by a call.
((call method: (identifier) @_call arguments: (argument_list . (_) @name) block: (_)) @region.module
  (#eq? @_call "namespace"))
((call method: (identifier) @_call arguments: (argument_list . [
    (simple_symbol) @name
    (hash_key_symbol) @name
    (pair key: (_) @name)]) block: (_)) @region.function
  (#any-of? @_call "task" "define_method"))
