; Long values that have a name; what says more of the same node stands below.
(source_file (property_declaration name: (pattern) @name) @region.value)

(function_declaration [
  name: (simple_identifier)
  name: (custom_operator)
  "+" "-" "*" "/" "%" "==" "!=" "===" "<" "<=" ">" ">=" "!" "&" "|" "^" "<<" ">>" "++" "--" "+=" "-="
] @name) @region.function
(class_declaration name: (_) @name) @region.class
(protocol_declaration name: (_) @name) @region.class
(init_declaration "init" @name) @region.method
(deinit_declaration "deinit" @name) @region.method
(subscript_declaration "subscript" @name) @region.method
(property_declaration name: (pattern) @name computed_value: (computed_property)) @region.function
