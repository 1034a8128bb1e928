"""`prove lsp`: a language server that stands beside Lean's own, and suggests proofs where something is to be proved."""
