"""Fitting the market's priors to the published record, by as-of date."""
