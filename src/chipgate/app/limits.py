"""Limits of the server: sizes, times, numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one request, one client and the server may take.

    Attributes:
        json_bytes, yaml_bytes, article_bytes: Bodies. ``depth``, ``nodes``: nesting and values of a document.
        body_seconds: Time in which a body must have come.
        draws: Draws of a run. ``settings``: lever settings of a state. ``text``: characters of a name.
        jobs_of_a_client, jobs: Unfinished jobs. ``kept_jobs``: finished jobs that are remembered.
        wait_ms: Longest that an answer is held back.
        result_bytes, draw_bytes, head_bytes, document_bytes: Memory for results, for kept draws, for histories of runs,
            for results of long jobs.
        requests: Requests served at a time.
    """

    json_bytes: int = 256 * 1024
    yaml_bytes: int = 64 * 1024
    article_bytes: int = 2 * 1024 * 1024
    depth: int = 32
    nodes: int = 20_000
    body_seconds: float = 10.0
    draws: int = 2_000
    settings: int = 200
    text: int = 200
    jobs_of_a_client: int = 8
    jobs: int = 128
    kept_jobs: int = 512
    wait_ms: int = 30_000
    result_bytes: int = 256 * 1024 * 1024
    draw_bytes: int = 256 * 1024 * 1024
    head_bytes: int = 192 * 1024 * 1024
    document_bytes: int = 128 * 1024 * 1024
    requests: int = 200


FIRST_STAGE = 64
"""Draws of the first band."""
STATE_DRAWS = 500
"""Draws of a state that names none."""
DRAW_CHOICES = (64, 250, 500, 1000, 2000)
