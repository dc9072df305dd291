; Long values that have a name; what says more of the same node stands below.
(program (variable_assignment name: (variable_name) @name) @region.value)
(program (declaration_command (variable_assignment name: (variable_name) @name) .) @region.value)

(function_definition name: (word) @name) @region.function
