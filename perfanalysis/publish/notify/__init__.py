"""Notifications: what a comparison or check found, told to people who are not looking.

What is told is the same on every way (`notice`); each module knows one way. Addresses that are
secrets, and passwords, come from the environment alone and appear in no output.
"""
