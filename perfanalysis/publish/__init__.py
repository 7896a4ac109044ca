"""Publishing: what was found, carried to where people look for it.

Comments, job summaries and checks on GitHub; notes on GitLab. Nothing here decides anything:
verdicts come from the api, texts from the reports.
"""
