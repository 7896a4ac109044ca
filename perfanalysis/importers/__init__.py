"""Importers: one file per format family; each turns one source into batches of Arrow rows.

An importer says how well a file fits (`match`), which files of a folder make one run
(`companions`), and reads them (`read`). Policy stays outside: decompression, hashing and line
numbers in `source`, tolerance for bad rows in `rejects`, choice of importer in `registry`, schema
checks and writing in `store`.
"""
