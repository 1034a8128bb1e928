"""Sequences that the hypotheses define by first values and a rule."""
