from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ringward.administration.access_tokens import PREFIX
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.errors import Unavailable
from ringward.domain.nouns import NOUNS
from ringward.domain.role import Role
from ringward.domain.secret import Secret
from ringward.domain.user_group import UserGroup
from ringward.web.interface.openapi import description
from ringward.web.interface.operations import operations
from web.conftest import PASSWORD, Answer, Browser, Node, Time

DAY = 24 * 3600
PHONE = {
    "device_name": "SEP000000000001",
    "model": "7960",
    "protocol": "SIP",
    "lines": [{"button": 1, "directory_number": "1001"}],
}


@dataclass
class Program:
    """Asks with a token."""

    browser: Browser
    token: str

    def ask(self, method: str, path: str, given: Any = None, **headers: str) -> Answer:
        body = given.encode() if isinstance(given, str) else b"" if given is None else json.dumps(given).encode()
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json"} | headers
        return self.browser.ask(method, f"/api/v1{path}", body, sent)


def told(answer: Answer) -> Any:
    return json.loads(answer.body)


@pytest.fixture
def program(stranger: Browser, administration: Administration, root: Actor) -> Program:
    made = administration.access_tokens.add(root, "robot", "ada")
    return Program(stranger, made.token.reveal())


@pytest.fixture
def reader(stranger: Browser, administration: Administration, root: Actor) -> Program:
    made = administration.access_tokens.add(root, "reader", "grace")
    return Program(stranger, made.token.reveal())


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer rw_nonsense", "Basic YTpi", "Bearer " + "x" * 500]
)
def test_without_a_good_token_every_operation_is_refused_alike(stranger: Browser, header: str) -> None:
    for operation in operations():
        path = operation.route.replace("{key:path}", "x").replace("{subject}", "phones")
        path = path.replace("{server}", "node1").replace("{service}", "x")
        answer = stranger.ask(operation.method, path, b"", {"authorization": header})
        assert answer.status == 401, path
        assert told(answer)["title"] == "NotAuthenticated"


def test_a_session_of_a_browser_is_no_token(ada: Browser) -> None:
    """No page of another site can use it: the interface looks at no cookie."""
    assert ada.get("/api/v1/phone").status == 401


def test_a_token_expires_and_can_be_revoked(
    program: Program, administration: Administration, root: Actor, clock: Time
) -> None:
    assert program.ask("GET", "/phone").status == 200
    clock.now += 91 * DAY
    assert program.ask("GET", "/phone").status == 401
    clock.now -= 91 * DAY
    administration.access_tokens.remove(root, "robot")
    assert program.ask("GET", "/phone").status == 401


def test_a_token_goes_with_its_account(program: Program, administration: Administration, root: Actor) -> None:
    administration.application_users.remove(root, "ada")
    assert program.ask("GET", "/phone").status == 401
    assert administration.access_tokens.find(root) == []


def test_of_a_token_only_its_hash_is_kept(program: Program, administration: Administration, root: Actor) -> None:
    (stored,) = administration.access_tokens.find(root)
    assert program.token.startswith(PREFIX)
    assert program.token not in repr(stored)
    assert program.token not in repr(administration.audit.find(root).entries)


def test_a_phone_is_added_read_changed_and_removed(program: Program) -> None:
    added = program.ask("POST", "/phone", PHONE)
    assert (added.status, added.headers["location"]) == (201, "/api/v1/phone/SEP000000000001")
    assert told(added)["record"]["security_profile"] == "7960 - Standard SIP Non-Secure Profile"
    read = program.ask("GET", "/phone/SEP000000000001")
    assert told(read)["record"]["lines"][0]["directory_number"] == "1001"
    changed = program.ask("PATCH", "/phone/SEP000000000001", {"description": "Reception"})
    assert told(changed)["record"]["description"] == "Reception"
    assert program.ask("DELETE", "/phone/SEP000000000001").status == 204
    assert program.ask("GET", "/phone/SEP000000000001").status == 404


def test_the_second_of_two_changes_is_told(program: Program) -> None:
    seen = program.ask("POST", "/phone", PHONE).headers["etag"]
    first = program.ask("PATCH", "/phone/SEP000000000001", {"description": "one"}, if_match=seen)
    second = program.ask("PATCH", "/phone/SEP000000000001", {"description": "two"}, if_match=seen)
    assert (first.status, second.status) == (200, 412)
    again = program.ask("PATCH", "/phone/SEP000000000001", {"description": "two"}, if_match=first.headers["etag"])
    assert again.status == 200


def test_a_key_with_a_slash_is_one_key(program: Program) -> None:
    program.ask("POST", "/partition", {"name": "Staff"})
    assert program.ask("POST", "/directory-number", {"number": "1001", "partition": "Staff"}).status == 201
    assert told(program.ask("GET", "/directory-number/1001/Staff"))["record"]["partition"] == "Staff"


def test_records_are_found_page_by_page(program: Program) -> None:
    for number in range(1, 8):
        program.ask("POST", "/partition", {"name": f"P{number}", "description": "odd" if number % 2 else "even"})
    page = told(program.ask("GET", "/partition?where=description:is-exactly:odd&order=-name&limit=2&offset=1"))
    assert ([each["key"] for each in page["items"]], page["total"]) == (["P5", "P3"], 4)


@pytest.mark.parametrize(
    ("given", "field", "allowed"),
    [
        ({"device_name": "nonsense"}, "device_name", "SEP"),
        ({"model": "Spaceship"}, "model", "7960"),
        ({"spaceship": 1}, "spaceship", "device_name"),
        ({"description": 5}, "description", "text"),
        ({"lines": [{"button": "one", "directory_number": "1001"}]}, "lines[1].button", "whole numbers"),
        ({"lines": [{"button": 1}]}, "lines[1].directory_number", "existing directory-number"),
        ({"lines": "1001"}, "lines", ""),
        ({"device_pool": "Nowhere"}, "device_pool", "existing device-pool"),
    ],
)
def test_what_is_wrong_names_field_and_what_is_allowed(
    program: Program, given: Mapping[str, Any], field: str, allowed: str
) -> None:
    answer = program.ask("POST", "/phone", PHONE | dict(given))
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = {each["field"]: each["allowed"] for each in told(answer)["errors"]}
    assert field in errors and allowed in errors[field]


@pytest.mark.parametrize("body", ["", "[]", "null", "nonsense", "[" * 100_000, '{"a": NaN'])
def test_what_is_no_json_object_is_refused(program: Program, body: str) -> None:
    assert program.ask("POST", "/region", body).status == 400


def test_secrets_go_in_and_never_out(program: Program) -> None:
    given = {"user_id": "bob", "last_name": "Baker", "digest_credentials": "bobs2secret"}
    answer = program.ask("POST", "/end-user", given)
    assert told(answer)["record"]["digest_credentials"] == "(hidden)"
    assert b"bobs2secret" not in answer.body + program.ask("GET", "/audit-log").body


def test_who_may_only_read_is_refused_the_rest(reader: Program, node: Node) -> None:
    assert reader.ask("GET", "/phone").status == 200
    assert reader.ask("POST", "/partition", {"name": "x"}).status == 403
    assert reader.ask("PATCH", "/enterprise-parameters", {"cluster_id": "x"}).status == 403
    assert reader.ask("POST", "/phone-import", "a,b").status == 403
    assert not [asked for asked in node.asked if asked[0] == "reset"]


def test_the_audit_log_is_read_by_operation_outcome_and_time(program: Program, clock: Time) -> None:
    clock.now = 2_000_000.0
    assert program.ask("POST", "/region", {"name": "Berlin"}).status == 201
    clock.now = 3_000_000.0
    assert program.ask("POST", "/region", {"name": "Paris"}).status == 201

    def found(query: str) -> list[str]:
        return [each["key"] for each in told(program.ask("GET", f"/audit-log?noun=region&{query}"))["items"]]

    assert found("permission=region.*&outcome=added&since=2000000") == ["Paris", "Berlin"]
    assert found("since=2000000&until=3000000") == ["Berlin"]
    assert found("outcome=removed") == []
    for wrong in ("outcome=lost", "since=yesterday"):
        assert program.ask("GET", f"/audit-log?{wrong}").status == 422


def test_parameters_are_read_and_set(program: Program) -> None:
    """ADMIN-15; CLUSTER-04: the security mode is set by the CTL client alone."""
    assert told(program.ask("GET", "/enterprise-parameters"))["cluster_security_mode"] == "0"
    answer = program.ask("PATCH", "/enterprise-parameters", {"cluster_id": "Lab"})
    assert told(answer)["record"]["cluster_id"] == "Lab"
    assert program.ask("PATCH", "/enterprise-parameters", {"cluster_security_mode": "1"}).status == 409
    where = "/service-parameters/node1/Cisco%20CallManager".replace("%20", " ")
    answer = program.ask("PATCH", where, {"forward_no_answer_timer": 20})
    assert told(answer)["record"]["forward_no_answer_timer"] == 20
    for path, field in (("/enterprise-parameters", "cluster_id"), (where, "sip_station_realm")):
        seen = program.ask("GET", path).headers["etag"]
        now = program.ask("PATCH", path, {field: "one"}, **{"if-match": seen}).headers["etag"]
        assert program.ask("PATCH", path, {field: "two"}, **{"if-match": seen}).status == 412
        assert program.ask("PATCH", path, {field: "two"}, **{"if-match": now}).status == 200


def test_phones_are_imported_all_or_none(program: Program) -> None:
    text = "device_name,model\nSEP000000000001,7960\nnonsense,7960\n"
    answer = program.ask("POST", "/phone-import", text)
    assert (answer.status, told(answer)["errors"][0]["row"]) == (422, 3)
    text = text.replace("nonsense", "SEP000000000002")
    assert told(program.ask("POST", "/phone-import?dry_run=true", text))["added"] == 2
    assert told(program.ask("GET", "/phone"))["total"] == 0
    assert told(program.ask("POST", "/phone-import", text))["added"] == 2
    assert told(program.ask("GET", "/phone"))["total"] == 2


def test_a_fault_of_ours_is_told_without_its_cause(
    program: Program, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    node.answers["calls"] = ZeroDivisionError("the secret cause")
    answer = program.ask("GET", "/live/calls")
    assert answer.status == 500
    assert b"secret cause" not in answer.body and "secret cause" in caplog.text


class TestDescription:
    def test_it_is_there_for_everybody(self, stranger: Browser) -> None:
        assert told(stranger.get("/api/v1/openapi.json"))["openapi"] == "3.1.0"

    def test_every_noun_can_be_found_added_read_changed_and_removed(self) -> None:
        paths = description()["paths"]
        for noun in NOUNS:
            assert set(paths[f"/api/v1/{noun}"]) == {"get", "post"}
            assert set(paths[f"/api/v1/{noun}/{{key}}"]) == {"get", "patch", "delete"}

    def test_every_reference_leads_somewhere(self) -> None:
        text = json.dumps(description())
        for part in text.split('"$ref": "#/components/schemas/')[1:]:
            assert part.partition('"')[0] in description()["components"]["schemas"]


def test_tokens_are_made_and_revoked_in_the_pages(
    ada: Browser, another: Callable[[], Browser], administration: Administration, root: Actor
) -> None:
    page = ada.get("/CMAdmin/access-tokens")
    fields = {"csrf": page.value_of("csrf"), "name": "robot", "user": "grace", "days": "30"}
    made = ada.post("/CMAdmin/access-tokens", fields)
    token = made.text.partition('<pre id="token">')[2].partition("<")[0]
    assert Program(another(), token).ask("GET", "/phone").status == 200
    assert token not in ada.get("/CMAdmin/access-tokens").text
    assert ada.post("/CMAdmin/access-tokens", fields).status == 422
    ada.post("/CMAdmin/access-tokens", {"csrf": fields["csrf"], "revoke": "robot"})
    assert administration.access_tokens.find(root) == []
    assert ada.get("/CMAdmin/programming-interface").status == 200
    assert Secret(token)


def test_nobody_gets_more_rights_by_a_token_than_he_has(
    administration: Administration, another: Callable[[], Browser], root: Actor
) -> None:
    """AUTHZ-19: a token can do what its account can, so it is as good as its password."""
    tokens = Role("Tokens", permissions=("access-token.*", "application-user.read"))
    administration.records(Role).add(root, tokens)
    administration.records(UserGroup).add(root, UserGroup("Keepers", roles=("Tokens",)))
    keeper = ApplicationUser("keeper", password=Secret(PASSWORD), user_groups=("Keepers",))
    administration.application_users.add(root, keeper)
    browser = another()
    assert browser.sign_in("keeper").status == 303
    page = browser.get("/CMAdmin/access-tokens")
    fields = {"csrf": page.value_of("csrf"), "name": "robot", "user": "ada", "days": "30"}
    refused = browser.post("/CMAdmin/access-tokens", fields)
    assert refused.status == 422
    assert "has rights that keeper does not have" in refused.words
    assert administration.access_tokens.find(root) == []
    assert browser.post("/CMAdmin/access-tokens", fields | {"user": "keeper"}).status == 201


def test_what_is_no_text_is_no_json(program: Program) -> None:
    """RFC 8259 section 8.2: half of a surrogate pair could neither be stored nor hashed."""
    for given in ('{"password": "\\ud800 long enough"}', '{"\\udfff": 1}'):
        answer = program.ask("PUT", "/passwords/application-user/grace", given)
        assert answer.status == 400, answer.text


def test_a_change_is_answered_when_the_node_has_taken_it_in_or_says_that_it_has_not(
    program: Program, node: Node
) -> None:
    """So that a program may save something and call then."""
    saved = program.ask("POST", "/phone", PHONE)
    assert (saved.status, saved.headers["ringward-taken-in"]) == (201, "true")
    assert node.asked[-1][0] == "catch-up"
    node.answers["catch-up"] = False
    saved = program.ask("DELETE", "/phone/SEP000000000001")
    assert (saved.status, saved.headers["ringward-taken-in"]) == (204, "false")
    node.answers["catch-up"] = Unavailable("the node does not answer")
    saved = program.ask("POST", "/region", {"name": "Hamburg"})
    assert (saved.status, saved.headers["ringward-taken-in"]) == (201, "false")
    node.asked.clear()
    assert "ringward-taken-in" not in program.ask("POST", "/region", {"name": ""}).headers
    assert "ringward-taken-in" not in program.ask("GET", "/region").headers
    assert not any(command == "catch-up" for command, _ in node.asked), "nothing was changed"


def test_the_node_is_asked_for_no_more_than_is_told(program: Program, node: Node) -> None:
    """However many phones are registered, and however often a program asks."""
    assert program.ask("GET", "/live/phones").status == 200
    assert node.asked[-1] == ("phones", {"most": 100})
    program.ask("GET", "/live/phones?device=SEP1&device=SEP2&limit=7")
    assert node.asked[-1] == ("phones", {"most": 7, "devices": ["SEP1", "SEP2"]})
    program.ask("GET", "/live/calls?limit=1000")
    assert node.asked[-1] == ("calls", {"most": 1000})
    assert program.ask("GET", "/live/calls?limit=1001").status == 422
    program.ask("GET", "/live/status")
    assert node.asked[-1] == ("status", {})
