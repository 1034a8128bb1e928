"""The file's own definitions and the data that they recurse on: lists, options, bits, inductive predicates."""
