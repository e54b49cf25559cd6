"""The control center of a node: services are as they shall be, or failed with a sentence (SVC-02)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from harness.ports import free_offset
from harness.waiting import until
from ringward.domain.change import Action
from ringward.domain.errors import Unavailable
from ringward.domain.service import CALL_MANAGER, SERVICES, TFTP, Service, ServiceState, state_at_installation
from ringward.services import control_center
from ringward.services.catalogue import CATALOGUE
from ringward.services.control_center import ControlCenter, Status
from ringward.services.listener import Listener
from ringward.services.service import RunningService, ServiceDescription
from ringward.store.feed import Change


@dataclass
class Server:
    """A server whose services only write down what happens to them."""

    log: list[str] = field(default_factory=list)
    states: dict[str, ServiceState] = field(
        default_factory=lambda: {each.name: state_at_installation(each) for each in (TFTP, CALL_MANAGER)}
    )
    broken: set[str] = field(default_factory=set)
    seen: Callable[[], None] = lambda: None
    """Called while a service starts."""

    def center(self) -> ControlCenter:
        descriptions = [
            ServiceDescription(each, lambda node: _never(), lambda *_: ()) for each in (TFTP, CALL_MANAGER)
        ]
        return ControlCenter(descriptions, lambda description: Run(self, description.service), lambda: self.states)

    def want(self, service: Service, **state: object) -> None:
        self.states[service.name] = replace(self.states[service.name], **state)  # type: ignore[arg-type]


@dataclass
class Run:
    server: Server
    service: Service
    listeners: Sequence[Listener] = ()

    async def start(self) -> None:
        self.server.log.append(f"start {self.service.short_name}")
        self.server.seen()
        if self.service.name in self.server.broken:
            raise OSError("no port")

    async def stop(self) -> None:
        self.server.log.append(f"stop {self.service.short_name}")

    async def configuration_changed(self, changes: Sequence[Change]) -> None:
        self.server.log.append(f"tell {self.service.short_name}")


def _never() -> RunningService:
    raise AssertionError


def statuses(center: ControlCenter) -> list[Status]:
    return [view.status for view in center.views()]


def test_the_catalogue_describes_every_service_once_and_in_order() -> None:
    assert [each.service for each in CATALOGUE] == list(SERVICES.values())


async def test_services_start_in_order_and_stop_in_the_opposite_one() -> None:
    server = Server()
    center = server.center()
    await center.start()
    assert statuses(center) == [Status.STARTED, Status.STARTED]
    await center.stop()
    assert server.log == ["start TFTP", "start CallManager", "stop CallManager", "stop TFTP"]


async def test_only_what_shall_run_runs_and_the_others_are_left_alone() -> None:
    server = Server()
    center = server.center()
    server.want(TFTP, activated=False)
    await center.start()
    assert server.log == ["start CallManager"]
    assert statuses(center) == [Status.NOT_ACTIVATED, Status.STARTED]
    server.want(TFTP, activated=True)
    await center.settle()
    server.want(TFTP, started=False)
    await center.settle()
    assert server.log == ["start CallManager", "start TFTP", "stop TFTP"]
    assert statuses(center) == [Status.STOPPED, Status.STARTED]
    assert center.running(TFTP) is None
    assert center.running(CALL_MANAGER) is not None


async def test_a_restart_is_done_once_for_each_order() -> None:
    server = Server()
    center = server.center()
    await center.start()
    server.log.clear()
    server.want(TFTP, restarts=1)
    await center.settle()
    await center.settle()
    assert server.log == ["stop TFTP", "start TFTP"]


async def test_a_service_that_cannot_start_says_why_and_is_tried_again_at_the_next_order() -> None:
    server = Server()
    center = server.center()
    server.broken.add(TFTP.name)
    views = await center.settle()
    assert (views[0].status, views[0].problem) == (Status.FAILED, "the node cannot start: no port")
    assert views[1].status is Status.STARTED
    assert server.log == ["start TFTP", "stop TFTP", "start CallManager"]
    server.broken.clear()
    await center.settle()
    assert statuses(center) == [Status.STARTED, Status.STARTED]


async def test_a_service_that_failed_is_never_shown_as_stopped_while_it_is_tried_again() -> None:
    server = Server()
    center = server.center()
    server.broken.add(TFTP.name)
    await center.settle()
    seen: list[Status] = []
    server.seen = lambda: seen.append(statuses(center)[0])
    await center.settle()
    assert seen == [Status.FAILED]
    server.want(TFTP, started=False)
    await center.settle()
    assert statuses(center)[0] is Status.STOPPED, "nobody wants it any more"


async def test_a_node_does_not_start_without_one_of_its_services() -> None:
    server = Server(broken={CALL_MANAGER.name})
    with pytest.raises(Unavailable, match="no port"):
        await server.center().start()


async def test_the_port_that_is_taken_is_named() -> None:
    port = 5060 + free_offset()
    server = Server(broken={TFTP.name})
    center = server.center()
    taken = Listener("files by TFTP", "UDP", "192.0.2.1", port)  # an address of nobody here
    center._make = lambda description: Run(server, description.service, (taken,))
    views = await center.settle()
    assert f"UDP port {port} (files by TFTP) on 192.0.2.1 cannot be had" in views[0].problem


async def test_a_run_that_ends_by_itself_has_failed_and_is_tried_again_until_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control_center, "REVIVAL_AFTER", 0.01)
    server = Server()
    center = server.center()
    await center.start()
    server.log.clear()
    run = center.running(TFTP)
    assert run is not None
    server.broken.add(TFTP.name)
    center.failed(run, "its process was ended by SIGKILL")
    view = center.views()[0]
    assert (view.status, view.problem) == (Status.FAILED, "its process was ended by SIGKILL"), "at once"
    assert center.running(TFTP) is None
    await until(lambda: server.log.count("start TFTP") >= 2)
    assert server.log[0] == "stop TFTP", "what is left of it is cleared away first"
    server.broken.clear()
    await until(lambda: statuses(center) == [Status.STARTED, Status.STARTED])
    assert center.views()[0].problem == ""
    center.failed(run, "a run of the past")
    assert statuses(center) == [Status.STARTED, Status.STARTED]
    await center.stop()


async def test_a_run_that_failed_is_tried_no_more_once_nobody_wants_it_or_the_node_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control_center, "REVIVAL_AFTER", 0.01)
    server = Server()
    center = server.center()
    await center.start()
    run = center.running(TFTP)
    assert run is not None
    server.want(TFTP, started=False)
    center.failed(run, "gone")
    await until(lambda: statuses(center)[0] is Status.STOPPED)
    run = center.running(CALL_MANAGER)
    assert run is not None
    center.failed(run, "gone")
    await center.stop()
    assert "start CallManager" not in server.log[3:]


async def test_a_service_that_ends_before_the_others_is_not_started_again() -> None:
    server = Server()
    center = server.center()
    await center.start()
    await center.end(TFTP)
    await center.settle()
    assert server.log == ["start TFTP", "start CallManager", "stop TFTP"]


async def test_changes_reach_what_runs_and_those_of_services_are_obeyed() -> None:
    server = Server()
    center = server.center()
    await center.start()
    server.log.clear()
    server.want(TFTP, started=False)
    await center.configuration_changed([Change(1, 0, "phone", "SEP1", Action.UPDATED)])
    assert server.log == ["tell TFTP", "tell CallManager"]
    server.log.clear()
    await center.configuration_changed([Change(2, 0, "service", "node1/Cisco TFTP", Action.UPDATED)])
    assert server.log == ["tell TFTP", "tell CallManager", "stop TFTP"]
