"""How a node runs the service Cisco Tomcat: the pages and the programming interface, in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from ringward.domain import service as services
from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.server import Server
from ringward.services.administration_web import order as orders
from ringward.services.administration_web.order import HEARD, MODULE, Order
from ringward.services.control.channel import Channel
from ringward.services.listener import Listener
from ringward.services.service import ServiceDescription, Surroundings
from ringward.services.settings import NodeSettings
from ringward.store.feed import Change

START_WITHIN = 60.0
"""Seconds until the process must serve; it takes one on a machine that is at rest."""
STOP_WITHIN = 10.0
"""Seconds after which a process that does not stop is killed; requests that have begun have three of them."""
PORT_WITHIN = 5.0
"""Seconds in which a port must become free: that of a node that was killed is taken until its child has ended."""
_PORT_INTERVAL = 0.1
BACKLOG = 128
"""Connections that wait to be accepted."""


class AdministrationWebRun:
    """One run of the service: a child process, the sockets on which it listens, and the channel to it."""

    def __init__(self, node: Surroundings) -> None:
        self._node = node
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._watch: asyncio.Task[None] | None = None
        self.listeners: Sequence[Listener] = _listeners(node.settings, node.configuration.server)

    @property
    def process(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Listen, and have the process serve; raises :class:`RingwardError`, or ``OSError`` if a port is taken."""
        with ExitStack() as opened:
            listening = [opened.enter_context(await _listen(each)) for each in self.listeners]
            here, there = socket.socketpair()
            opened.enter_context(there)
            self._channel = await Channel.over(here)
            # In a thread: a process with much memory takes a while to make another one.
            self._process = await asyncio.to_thread(self._spawn, there, *listening)
        try:
            await self._channel.ask(orders.READY, within=START_WITHIN)
        except Unavailable:
            if self._channel.has_ended:
                raise Unavailable(f"{await _how_it_ended(self._process)}; the log says more") from None
            raise
        watch = self._until_it_ends(self._process, self._channel)
        self._watch = asyncio.create_task(watch, name="process of the pages")

    def _spawn(
        self, channel: socket.socket, https: socket.socket, redirect: socket.socket
    ) -> subprocess.Popen[bytes]:
        settings = self._node.settings
        order = Order(
            str(self._node.directory.absolute()),
            self._node.node_name,
            settings.log_level,
            settings.log_format,
            settings.port("https"),
            channel.fileno(),
            https.fileno(),
            redirect.fileno(),
        )
        return subprocess.Popen(  # noqa: S603  (our own program, with words of our own)
            # -P: modules are not looked for where the node happened to be started.
            [sys.executable, "-P", "-m", MODULE, order.encode()],
            stdin=subprocess.PIPE,  # by which it notices that the node is gone
            pass_fds=(order.channel, order.https, order.redirect),
            # Ctrl-C is for the node, which stops it. But in one session, or its priority would not count beside
            # the node's where the kernel groups processes by sessions (sched(7), autogroup).
            process_group=0,
        )

    async def _until_it_ends(self, process: subprocess.Popen[bytes], channel: Channel) -> None:
        await channel.ended()
        self._node.failed(self, f"{await _how_it_ended(process)}; the log may say more")

    async def stop(self) -> None:
        """Have it finish what it has begun, and end it."""
        if self._watch is not None:
            self._watch.cancel()
        if self._channel is not None:
            with contextlib.suppress(RingwardError):  # it may be gone already
                await self._channel.ask(orders.STOP, within=STOP_WITHIN)
            await self._channel.close()
        if self._process is not None:
            await _wait(self._process)
            if self._process.stdin is not None:
                self._process.stdin.close()

    async def ask(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """What the process answers to one of its orders; raises :class:`RingwardError`."""
        if self._channel is None:
            raise Unavailable("the pages are not served yet")
        return await self._channel.ask(command, arguments)

    async def configuration_changed(self, changes: Sequence[Change]) -> None:
        """Have the process hear of what it must."""
        for change in changes:
            if change.noun in HEARD and self._channel is not None:
                announced = {"noun": change.noun, "key": change.key, "action": change.action.value}
                self._channel.tell(orders.ANNOUNCE, {**announced, "sequence": change.sequence})


async def _listen(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if ":" in listener.address else socket.AF_INET
    loop = asyncio.get_running_loop()
    until = loop.time() + PORT_WITHIN
    while True:
        try:
            return socket.create_server((listener.address, listener.port), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or loop.time() > until:
                raise
        await asyncio.sleep(_PORT_INTERVAL)


async def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait until a process has ended, and kill it when it does not; returns its status."""
    try:
        return await asyncio.to_thread(process.wait, STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        return await asyncio.to_thread(process.wait)


async def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    status = await _wait(process)
    if status >= 0:
        return f"its process has ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"its process was ended by {signal.Signals(-status).name}"
    return f"its process was ended by signal {-status}"


def _listeners(settings: NodeSettings, server: Server) -> Sequence[Listener]:
    bind = str(settings.bind_address)
    return (
        Listener("web pages by HTTPS", "TCP", bind, settings.port("https")),
        Listener("the way to HTTPS", "TCP", bind, settings.port("redirect")),
    )


ADMINISTRATION_WEB_SERVICE = ServiceDescription(services.ADMINISTRATION_WEB, AdministrationWebRun, _listeners)
