"""Terminal: tables for people who read in a shell, a log or a mail."""
