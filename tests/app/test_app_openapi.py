"""Whatever the schema of the API allows, and what it does not, is answered without a fault of the server."""

import json

import schemathesis
from app_client import Asker
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

EXAMPLES = 25
"""Of each operation: all of them within a minute."""
NO_WORK = ("/api/scoreboard",)
"""Takes minutes where it is asked for rightly; its body has a draw count and a seed alone."""


def test_every_operation_survives_what_its_schema_allows(ask: Asker) -> None:
    schema = schemathesis.openapi.from_dict(ask.document("/api/openapi.json"))
    schema.base_url = str(ask.client.base_url)  # type: ignore[attr-defined]
    tried = []
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in NO_WORK:
            continue
        tried.append(operation.path)
        allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        broken = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @given(case=st.one_of(allowed, broken))
        @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def survive(case: "schemathesis.Case") -> None:
            path = case.formatted_path
            body = case.body if isinstance(case.body, (dict, list, str)) else None
            if isinstance(body, dict) and "wait_ms" in body:
                body = {**body, "wait_ms": 0}
            query = {k: v for k, v in (case.query or {}).items() if k != "wait_ms"}
            kind = case.media_type or "application/json"
            plain = {"content": str(body).encode("utf-8", "replace")}
            content = {"json": body} if kind == "application/json" else plain
            more = content if case.body is not None and not isinstance(case.body, schemathesis.core.NotSet) else {}
            headers = {**ask.headers, **({"Content-Type": kind} if "content" in more else {})}
            with ask.client.stream(case.method, path, params=query, headers=headers, **more) as answer:  # type: ignore[arg-type]
                text = answer.read()[:300]
                assert answer.status_code < 500, (case.method, path, query, body, text)
                if answer.status_code >= 400:
                    assert text.startswith(b'{"error"'), (path, text)
                if answer.status_code == 202:
                    ask.client.delete("/api/jobs/" + json.loads(answer.read())["job"])

        survive()
    assert len(tried) > 35


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None, database=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_no_bytes_are_a_fault(ask: Asker, content: bytes) -> None:
    for path, kind in (("/api/runs", "application/json"), ("/api/scenarios/read", "application/yaml")):
        assert 400 <= ask.raw(path, content, kind).status_code < 500 or not content.strip()
