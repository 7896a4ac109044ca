"""Reports: what analysis computed, written for a person or a program.

What comes in is one object of `model.results` (a Summary or a Comparison; the HTML report takes
`model.views.ReportData`); what comes out is text. Nothing here reads a file of measurements,
computes a statistic, decides a verdict, prints, or knows the time. A report may therefore be
rendered again, in another format, from the same object, and says the same.

Every format draws on two modules. `wording` turns figures into words, so that a regression reads
alike in the terminal, in a pull request and in a JUnit failure. `escape` makes strangers' text
harmless: names of requests come from result files and may hold terminal escapes, Markdown, HTML,
spreadsheet formulas or characters that XML forbids.

JSON is the one complete and versioned output, with a JSON Schema for each document in `schemas/`;
the others leave out what would bury the verdict, and say how much they left out.

Rejected: a `to_markdown()` method on each result (the nouns would have to know every format); one
template engine for all text (alignment and size limits are arithmetic, not templates); a common
document tree between results and formats (it would hold the union of all formats' features and
hide where a word comes from).
"""
