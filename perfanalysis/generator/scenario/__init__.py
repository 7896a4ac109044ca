"""Scenario files: what they may hold, how they are read, and how their steps are carried out."""
