"""Stepwise: an automated theorem-proving agent for Lean 4."""
