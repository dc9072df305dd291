; Long values that have a name; what says more of the same node stands below.
(const_item name: (identifier) @name) @region.value
(static_item name: (identifier) @name) @region.value

(function_item name: (identifier) @name) @region.function
(impl_item type: [
  (type_identifier) @name
  (generic_type type: (_) @name)
  (scoped_type_identifier) @name
  (reference_type type: (_) @name)
  (primitive_type) @name]) @region.class
(struct_item name: (type_identifier) @name) @region.class
(enum_item name: (type_identifier) @name) @region.class
(union_item name: (type_identifier) @name) @region.class
(trait_item name: (type_identifier) @name) @region.class
(macro_definition name: (identifier) @name) @region.function
(mod_item name: (identifier) @name body: (declaration_list)) @region.module
(attribute_item) @leading
