"""The news reader: from an article to dated, graded events with evidence spans, by rules and word lists alone."""
