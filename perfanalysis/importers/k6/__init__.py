"""k6: JSON lines, CSV, and the three shapes of the end-of-test summary."""
