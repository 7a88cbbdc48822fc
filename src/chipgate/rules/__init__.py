"""The law as data: parsed clauses, verdicts with their arithmetic, and the same as arrays.

Start at :func:`chipgate.rules.verdict.classify`.
"""
