"""HTML: the report of a page (`page`), and tables for notebooks (`fragments`)."""
