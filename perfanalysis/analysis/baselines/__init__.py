"""Which runs may join a baseline, and what a reader must know about one."""
