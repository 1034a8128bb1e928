"""Functional equations: functions of numbers that the hypotheses describe by laws."""
