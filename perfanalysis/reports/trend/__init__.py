"""A history of runs, written for a person or a program."""
