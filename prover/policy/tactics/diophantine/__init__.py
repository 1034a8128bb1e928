"""Equations in whole numbers: few solutions, none, or as many as one likes."""
