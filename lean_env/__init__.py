"""The Lean boundary: which Lean, its processes, the worker, its protocol, verification."""
