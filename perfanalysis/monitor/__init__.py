"""The monitor: what machines, processes, applications and databases did during a run."""
