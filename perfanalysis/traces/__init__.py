"""From samples of machines, processes and applications to points of series.

Shared by the importer of psutil's traces and by the monitor, so that both call a thing the same.
"""
