"""Connectives, quantifiers and functions as values: what a proof does before it looks at numbers."""
