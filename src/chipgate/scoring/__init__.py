"""Scoring: forecasts as they would have been made, beside what came and beside naive and published ones."""
