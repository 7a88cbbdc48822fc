"""Frozen, typed records of everything that the catalogue holds; unknown keys are errors."""
