; Long values that have a name; what says more of the same node stands below.
(source_file (property_declaration (variable_declaration . (identifier) @name)) @region.value)

(function_declaration name: (identifier) @name) @region.function
; An extension is named after what it extends: String.shout.
(function_declaration (user_type) @scope name: (identifier) @name) @region.function
(class_declaration name: (identifier) @name) @region.class
(object_declaration name: (identifier) @name) @region.class
(companion_object "companion" @name) @region.class
(secondary_constructor "constructor" @name) @region.method
(anonymous_initializer "init" @name) @region.method
(property_declaration (variable_declaration . (identifier) @name) [(getter) (setter)]) @region.function
(property_declaration (variable_declaration . (identifier) @name) (lambda_literal)) @region.function
