"""Service Activation and Control Center in the browser, and what the overview says is to be done."""

from __future__ import annotations

import time
from typing import Any

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.domain.certificate import MADE_AT_INSTALLATION
from ringward.domain.errors import Unavailable
from ringward.domain.service import ADMINISTRATION_WEB, CALL_MANAGER, CAPF, CTL_PROVIDER, TFTP
from web.conftest import Browser, Node

CONTROL_CENTER, ACTIVATION = "/CMService/control-center", "/CMService/service-activation"


def view(service: str, status: str, problem: str = "") -> dict[str, Any]:
    since = 1_000_000.0 if status == "Started" else None
    return {"service": service, "status": status, "since": since, "problem": problem, "description": ""}


def order(browser: Browser, page: str, act: str, service: str, sure: str = "yes") -> Any:
    token = browser.get(page).value_of("csrf")
    return browser.post(page, {"csrf": token, "act": act, "server": "node1", "service": service, "sure": sure})


def test_a_service_is_activated_and_the_page_says_how_it_is_then(
    ada: Browser, administration: Administration, node: Node
) -> None:
    """SVC-01."""
    node.answers["settle"] = [view(CAPF.name, "Started")]
    answer = order(ada, ACTIVATION, "activate", CAPF.name)
    assert answer.status == 303
    assert f"{CAPF.name} on node1 is started." in ada.get(ACTIVATION).words
    assert administration.service_control.wanted("node1")[CAPF.name].runs


def test_the_service_of_these_pages_answers_before_it_ends(
    ada: Browser, administration: Administration, node: Node
) -> None:
    """Nobody waits for what cannot come before the answer is given."""
    order(ada, CONTROL_CENTER, "restart", ADMINISTRATION_WEB.name)
    assert administration.service_control.wanted("node1")[ADMINISTRATION_WEB.name].restarts == 1
    assert "settle" not in [command for command, _ in node.asked]
    assert "sign in again" in ada.get(CONTROL_CENTER).words


def test_the_service_of_these_pages_is_not_deactivated(ada: Browser, administration: Administration) -> None:
    answer = order(ada, ACTIVATION, "deactivate", ADMINISTRATION_WEB.name)
    assert answer.status == 409
    assert "is always activated" in answer.words
    assert administration.service_control.wanted("node1")[ADMINISTRATION_WEB.name].runs
    assert answer.words.count("Deactivate") == 2, "Cisco TFTP and Cisco CallManager"


def test_what_ends_something_is_asked_first_with_what_will_be_missing(
    ada: Browser, administration: Administration, node: Node
) -> None:
    node.answers["settle"] = [view(CALL_MANAGER.name, "Stopped")]
    question = order(ada, CONTROL_CENTER, "stop", CALL_MANAGER.name, sure="")
    assert question.status == 200
    assert "Stop Cisco CallManager on node1?" in question.words and "nobody can call" in question.words
    assert administration.service_control.wanted("node1")[CALL_MANAGER.name].runs, "nothing has been done yet"
    assert ada.confirm(CONTROL_CENTER, question).status == 303
    assert not administration.service_control.wanted("node1")[CALL_MANAGER.name].runs
    assert "signed out" in order(ada, CONTROL_CENTER, "restart", ADMINISTRATION_WEB.name, sure="").words
    assert "Deactivate Cisco TFTP" in order(ada, ACTIVATION, "deactivate", TFTP.name, sure="").words
    node.answers["settle"] = [view(TFTP.name, "Started")]
    assert order(ada, CONTROL_CENTER, "restart", TFTP.name, sure="").status == 303, "which harms nobody"


def test_a_service_that_cannot_start_says_why(ada: Browser, node: Node) -> None:
    node.answers["settle"] = [view(CAPF.name, "Failed", "port 3804 is taken")]
    order(ada, ACTIVATION, "activate", CAPF.name)
    assert "cannot start: port 3804 is taken." in ada.get(ACTIVATION).words


def test_a_restart_that_takes_long_is_no_error(ada: Browser, administration: Administration, node: Node) -> None:
    """SVC-02."""
    node.answers["settle"] = Unavailable("the node does not answer")
    order(ada, CONTROL_CENTER, "restart", TFTP.name)
    assert "look again in a moment" in ada.get(CONTROL_CENTER).words
    assert administration.service_control.wanted("node1")[TFTP.name].restarts == 1


def test_what_is_not_activated_cannot_be_started(ada: Browser) -> None:
    answer = order(ada, CONTROL_CENTER, "start", CTL_PROVIDER.name)
    assert answer.status == 409
    assert "is not activated on node1" in answer.words


def test_orders_of_no_meaning_are_refused(ada: Browser) -> None:
    assert order(ada, CONTROL_CENTER, "explode", TFTP.name).status == 400
    assert order(ada, CONTROL_CENTER, "stop", "Cisco Teapot").status == 404


def test_who_may_only_look_sees_no_order_and_gives_none(grace: Browser, administration: Administration) -> None:
    assert "Restart" not in grace.get(CONTROL_CENTER).words
    assert order(grace, CONTROL_CENTER, "stop", TFTP.name).status == 403
    assert administration.service_control.wanted("node1")[TFTP.name].runs


def test_a_change_that_needs_a_restart_is_named_here_and_on_the_overview(
    ada: Browser, administration: Administration, node: Node, root: Actor, clock: Any
) -> None:
    """RST-07: the restart that is due is not forgotten."""
    node.answers["services"] = [view(TFTP.name, "Started")]
    clock.now += 60
    administration.parameters.set_service(root, "node1", TFTP.name, {"maximum_serving_count": "7"})
    assert "Maximum Serving Count" in ada.get(CONTROL_CENTER).words
    assert f"Restart {TFTP.name}: changes wait for it." in ada.get("/CMAdmin/").words


def test_the_overview_begins_with_what_is_bad(ada: Browser, administration: Administration, node: Node) -> None:
    node.answers["services"] = [view(TFTP.name, "Failed", "port 69 is taken")]
    words = ada.get("/CMAdmin/").words
    assert words.index("port 69 is taken") < words.index("The cluster is nonsecure")


def test_a_certificate_that_ends_soon_is_on_the_overview(
    ada: Browser, administration: Administration, root: Actor, clock: Any
) -> None:
    clock.now = time.time()  # of the certificates that are made now
    administration.certificates.make_missing(
        MADE_AT_INSTALLATION, ServerNames("node1", ("node1",), ("192.0.2.1",))
    )
    ada.sign_in()
    assert "Certificate node1" not in ada.get("/CMAdmin/").words
    ends = min(each.certificate.valid_to for each in administration.certificates.find(root))
    clock.now = ends.timestamp() - 20 * 86400
    ada.sign_in()
    assert "Certificate node1" in ada.get("/CMAdmin/").words
