"""Numbers in, numbers out: knows no file, no unit, no endpoint."""
