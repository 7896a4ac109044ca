"""A history of runs: levels, the steps between them, drift, and the newest run."""
