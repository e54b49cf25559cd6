"""The interface keeps what its OpenAPI description promises, whatever is sent: schemathesis makes that up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.web.interface.operations import operations
from web.conftest import Browser, Node

EXAMPLES = 12
"""Of each operation, the same ones in each run; enough to meet every field of small records with what is wrong."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
TAGS = dict.fromkeys(operation.tag for operation in operations())


@pytest.mark.filterwarnings("ignore")  # of what schemathesis is built on
@pytest.mark.parametrize("tag", TAGS)
def test_every_answer_is_one_that_the_description_names(
    stranger: Browser, administration: Administration, root: Actor, node: Node, tag: str
) -> None:
    node.answers["analyse"] = {"dialled": "", "match": "", "lines": [], "silent": [], "obstacle": "", "stops": []}
    token = administration.access_tokens.add(root, "robot", "ada").token.reveal()
    schema = openapi.from_asgi("/api/v1/openapi.json", stranger.application)
    for result in schema.include(tag=tag).get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

        ask()
