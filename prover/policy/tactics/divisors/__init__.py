"""Divisibility, remainders and common divisors of whole numbers."""
