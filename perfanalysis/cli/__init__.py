"""Commands: parse, one call of the api, render, exit code."""
