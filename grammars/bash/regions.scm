(function_definition name: (word) @name) @region.function
