"""Judged budgets, written for a person or a program: words, tables, and pieces of documents."""
