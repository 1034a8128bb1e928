"""Inequalities: between polynomials, quotients and powers."""
