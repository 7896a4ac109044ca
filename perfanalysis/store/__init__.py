"""Run bundles: written atomically, read lazily."""
