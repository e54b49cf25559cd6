"""Services of the servers, and the messages that wait: what the node is told to do or to show."""

from __future__ import annotations

from dataclasses import asdict

from starlette.responses import JSONResponse, Response

from ringward.calls.message_waiting import Messages
from ringward.domain.errors import FieldError, Invalid
from ringward.domain.service import service_named
from ringward.web.interface.body import Body
from ringward.web.interface.call import Call
from ringward.web.live import Foreseen, question
from ringward.web.service_orders import ORDERS, carry_out

_MOST_MESSAGES = 10**6


def every(call: Call) -> Response:
    """The services of all servers: what is wanted of each, and on this server how it is."""
    found = call.administration.service_control.every(call.actor)
    live = Foreseen(call.live, (question("status"), question("services")))
    here = live.ask("status")["node_name"]
    views = {each["service"]: each for each in live.ask("services")}
    items = [
        {
            "server": each.server,
            "service": each.service.name,
            **asdict(each.state),
            "present": views.get(each.service.name) if each.server == here else None,
        }
        for each in found
    ]
    return JSONResponse({"items": items})


def order(call: Call) -> Response:
    """Activate, deactivate, start, stop or restart a service."""
    act = Body(call, "service", "order").text("order")
    if act not in ORDERS:
        raise Invalid("service", "", [FieldError("order", act[:20], ", ".join(ORDERS))])
    server, service = call.path_parts["server"], service_named(call.path_parts["service"])
    view, why = carry_out(call.administration.service_control, call.live, call.actor, act, server, service)
    return JSONResponse({"server": server, "service": service.name, "present": view, "note": why}, 202)


def messages(call: Call) -> Response:
    """The directory numbers that have messages."""
    found = call.administration.message_waiting.all(call.actor)
    items = [
        {"number": number, "partition": partition, "new": each.new, "old": each.old}
        for (number, partition), each in found.items()
    ]
    return JSONResponse({"items": items})


def set_messages(call: Call) -> Response:
    """Say how many messages a directory number has."""
    body = Body(call, "message-waiting", "new", "old")
    count = Messages(body.number("new", 0, _MOST_MESSAGES), body.number("old", 0, _MOST_MESSAGES))
    call.administration.message_waiting.set(call.actor, call.path_parts["key"], count)
    return JSONResponse({"new": count.new, "old": count.old})
