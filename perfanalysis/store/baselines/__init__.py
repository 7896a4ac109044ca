"""Accepted baselines on disk, in git, or in the cloud."""
