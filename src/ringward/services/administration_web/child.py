"""The process that serves the pages: a child of the node, so that pages take nothing from those who make calls.

    python -P -m ringward.services.administration_web.child ORDER

It has an interpreter of its own and a lower priority, keeps the sessions, and works with the database as commands
do. What only the living node knows it asks on the control socket. It ends with its node, however that ends: its
standard input is a pipe that nobody writes to, and that the kernel closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

import uvloop

from ringward.administration.administration import Administration
from ringward.cluster.bus import Announcement
from ringward.domain.certificate import CertificateKind
from ringward.domain.change import Action
from ringward.domain.errors import RingwardError
from ringward.services.administration_web import order as orders
from ringward.services.administration_web.live_node import NodeForPages
from ringward.services.administration_web.messenger import Messenger
from ringward.services.administration_web.node_bus import NodeBus
from ringward.services.administration_web.order import HEARD, MODULE, Order
from ringward.services.administration_web.service import WebService
from ringward.services.certificate_renewal import CertificateRenewal
from ringward.services.control.answers import Answers
from ringward.services.control.messages import MAX_REQUEST_BYTES
from ringward.services.log import start_logging
from ringward.web.application import web_application
from ringward.web.sessions import Sessions

NICENESS = 10
"""Where both want the processor, the node gets nine parts of it and the pages one (sched(7))."""
_LOST = 70
"""Exit status when the node is gone (EX_SOFTWARE of sysexits.h)."""

_log = logging.getLogger(MODULE)  # not "__main__"


class PageProcess:
    """The work of the process, between its start and the order to stop."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._messenger = Messenger(order.path, lambda event: self._administration.alarms.store([event]))
        self._bus = NodeBus(self._messenger.tell_of_change, HEARD)
        self._administration = Administration.open(order.path, self._bus)
        self._sessions = Sessions(time.monotonic, self._administration.authentication.session_limits)
        self._live = NodeForPages(order.path)
        alarms, key_store = self._administration.alarms, self._administration.key_store
        alarms.hand_to(self._messenger.tell_of_alarm)
        self._renewal = CertificateRenewal(self._bus, key_store, alarms.report)
        pages = web_application(self._administration, self._live, order.node_name, sessions=self._sessions)
        self._tls = self._renewal.tls(CertificateKind.WEB)
        self._web = WebService(pages, self._tls.context)

    async def run(self) -> None:
        """Serve until the node says that it is enough."""
        order = self._order
        self._messenger.start()
        https, redirect = (socket.socket(fileno=each) for each in (order.https, order.redirect))
        await self._web.start(https, redirect, order.https_port)
        gc.freeze()  # what is here now stays: a search for garbage among it takes as long as a page
        # Not before, as the node waits for this start; the threads that make pages come later and inherit it.
        os.nice(NICENESS)
        # After the last answer the node hangs up.
        await _converse(order, self._answers())

    def _answers(self) -> Answers:
        answers = Answers()
        answers.answer(orders.READY, lambda arguments: True)
        answers.answer(orders.SESSIONS, lambda arguments: [asdict(each) for each in self._sessions.views()])
        answers.answer(orders.END_SESSIONS, self._end_sessions)
        answers.answer(orders.ANNOUNCE, self._announce)
        answers.answer(orders.STOP, lambda arguments: self._stop())
        return answers

    def _end_sessions(self, arguments: dict[str, Any]) -> int:
        """Sign an account out of all browsers, or of the one with this ``session``; returns of how many."""
        name, identity = arguments.get("name"), arguments.get("session", "")
        if not (isinstance(name, str) and isinstance(identity, str)):
            raise RingwardError("say whom to sign out: 'name' is the account's")
        return self._sessions.end_of(name, is_end_user=bool(arguments.get("is_end_user")), identity=identity)

    def _announce(self, arguments: dict[str, Any]) -> None:
        action = Action(arguments["action"])
        self._bus.hear(Announcement(arguments["noun"], arguments["key"], action, arguments["sequence"]))

    async def _stop(self) -> None:
        """Finish the requests that have begun; what they tell the node is told before this is answered."""
        await self._web.stop()
        self._renewal.stop()
        await asyncio.to_thread(self._messenger.stop)
        self._administration.alarms.hand_to(None)
        self._live.close()
        self._administration.close()


def _end_with_the_node() -> None:
    """Wait for the end of the node, which says nothing here while it lives."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    os._exit(_LOST)


async def _converse(order: Order, answers: Answers) -> None:
    """Answer the node until it hangs up."""
    channel = socket.socket(fileno=order.channel)
    reader, writer = await asyncio.open_connection(sock=channel, limit=MAX_REQUEST_BYTES)
    await answers.converse(reader, writer)
    writer.close()


async def _run(order: Order) -> None:
    try:
        process = PageProcess(order)
    except RingwardError as error:
        await _converse(order, _excuse(error))
    else:
        await process.run()


def _excuse(error: RingwardError) -> Answers:
    """Why no page can be served, told to the node instead of being ready."""

    def tell(arguments: dict[str, Any]) -> None:
        raise error

    answers = Answers()
    answers.answer(orders.READY, tell)
    return answers


def main() -> None:
    """The whole life of the process."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever ends the node by a signal to all its processes leaves the end of this one to the node.
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_node, name="end with the node", daemon=True).start()
    order = Order.parse(sys.argv[1])
    start_logging(order.log_level, order.log_format)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(order))
    except Exception:
        _log.exception("the process of the pages ends because of an error of its own")
        sys.exit(1)


if __name__ == "__main__":
    main()
