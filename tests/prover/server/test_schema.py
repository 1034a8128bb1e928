"""The HTTP API against its own OpenAPI: whatever its schema allows gets an answer that its schema describes."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.prover.fakes import World
from tests.prover.server.conftest import fake_app

schema = schemathesis.openapi.from_asgi("/openapi.json", fake_app(World()))


@schema.parametrize()
@settings(max_examples=25, derandomize=True)
def test_every_answer_is_one_that_the_schema_describes(case: Case[Any]) -> None:
    case.call_and_validate(
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ]
    )
