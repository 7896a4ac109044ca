"""Plots for notebooks: matplotlib figures in the user's own style, or drawn into his Axes.

Unlike the charts of the HTML report, which are geometry for a style sheet, these carry their
colours and the names of what they show. Nothing here touches pyplot or matplotlib's settings.
"""
