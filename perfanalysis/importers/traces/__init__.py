"""Traces of what a machine or process did meanwhile: psutil dumps and psrecord."""
