"""Which call manager of its group a phone is with: the first that answers, then a better one (PHONE-18)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Protocol

from ringward.domain.errors import RingwardError
from ringward.phone.configuration import Configuration, Member
from ringward.phone.connection import Connection, Receive, connect
from ringward.phone.identity import Identity
from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import MAX_FORWARDS
from ringward.protocols.sip.endpoint import SipEndpoint
from ringward.protocols.sip.flow import host_for_uri
from ringward.protocols.sip.message import Headers, Request, Response
from ringward.protocols.sip.timers import Timer

FIRST_PAUSE = 2.0
"""Seconds before the list of members is tried again after all failed; doubles each time."""
LONGEST_PAUSE = 60.0


class AssociationUser(Protocol):
    """The phone, as its association sees it."""

    @property
    def now(self) -> float:
        """The time."""

    @property
    def is_idle(self) -> bool:
        """Whether there is no call that a change of call manager would end."""

    def on_connected(self, connection: Connection) -> None:
        """A call manager takes the connection: register."""

    def on_leaving(self, connection: Connection) -> None:
        """A better call manager is back: take the registrations back while this connection still stands."""

    def on_member_lost(self, connection: Connection | None, member: Member, reason: str) -> None:
        """A call manager cannot be reached, or (with its connection, which is closed now) not any more."""

    def settle(self) -> None:
        """Timers were started."""


class Association:
    """Keeps the phone connected to a call manager; the shell of :class:`Phone` toward sockets."""

    def __init__(
        self,
        user: AssociationUser,
        endpoint: SipEndpoint,
        identity: Identity,
        configuration: Configuration,
        on_message: Receive,
        *,
        local: tuple[str, int],
        context: ssl.SSLContext | None,
    ) -> None:
        self._user = user
        self._endpoint = endpoint
        self._identity = identity
        self._configuration = configuration
        self._on_message = on_message
        self._local = local
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._index = 0
        self._timer: Timer | None = None
        self._closed = False
        self.connection: Connection | None = None

    def start(self) -> None:
        """Connect to the first member that answers, now and whenever the connection is lost."""
        if self._task is None and self.connection is None and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._seek(0, 0.0))

    def fail_over(self, reason: str) -> None:
        """Leave this call manager for the next one."""
        connection = self._drop()
        if connection is None:
            return
        if self._task is not None:  # it was asking for a better one
            self._task.cancel()
        members = self._configuration.members
        self._user.on_member_lost(connection, connection.member, reason)
        if self._closed:
            return
        pause = FIRST_PAUSE if len(members) == 1 else 0.0
        self._task = asyncio.get_running_loop().create_task(self._seek((self._index + 1) % len(members), pause))

    async def stop_seeking(self) -> None:
        """Look for no other call manager; the present connection stays until :meth:`close`."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def close(self) -> Connection | None:
        """Close the connection; returns the one that there was."""
        self._closed = True
        return self._drop()

    def _drop(self) -> Connection | None:
        connection, self.connection = self.connection, None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if connection is not None:
            connection.close()
        return connection

    async def _open(self, member: Member, local: tuple[str, int]) -> Connection:
        return await connect(
            member,
            self._configuration.transport,
            self._on_message,
            self._lost,
            local=local,
            context=self._context,
            keep_alive=float(self._configuration.timers.keep_alive),
        )

    def _lost(self, connection: Connection, reason: str) -> None:
        if connection is self.connection:
            self.fail_over(reason)

    async def _seek(self, index: int, pause: float) -> None:
        """Try the members in order, beginning with ``index``, over and over until one takes the connection."""
        members = self._configuration.members
        failed = 0
        while True:
            if pause:
                await asyncio.sleep(pause)
            try:
                connection = await self._open(members[index], self._local)
            except RingwardError as error:
                self._user.on_member_lost(None, members[index], str(error))
                failed += 1
                index = (index + 1) % len(members)
                rounds, rest = divmod(failed, len(members))
                pause = min(FIRST_PAUSE * 2 ** (rounds - 1), LONGEST_PAUSE) if not rest else 0.0
                continue
            self._task = None
            self._settle_with(index, connection)
            return

    def _settle_with(self, index: int, connection: Connection) -> None:
        self._index, self.connection = index, connection
        self._user.on_connected(connection)
        self._look_back_later()

    def _look_back_later(self) -> None:
        """Ask now and then whether a better member is back."""
        if self._index:
            delay = float(max(self._configuration.timers.keep_alive, 1))
            self._timer = self._endpoint.timers.start_at(self._user.now + delay, self._look_back, None)
        self._user.settle()

    def _look_back(self, _: None, now: float) -> None:
        if self._task is None and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._return_to_better())

    async def _return_to_better(self) -> None:
        for index, member in enumerate(self._configuration.members[: self._index]):
            if not self._user.is_idle:
                break
            try:
                better = await self._open(member, (self._local[0], 0))
            except RingwardError:
                continue
            taken = False
            try:
                taken = await self._answers(better) and self._user.is_idle and self.connection is not None
            finally:
                if not taken:
                    better.close()
            if taken and self.connection is not None:
                self._user.on_leaving(self.connection)
                self._drop()
                self._task = None
                self._settle_with(index, better)
                return
        self._task = None
        self._look_back_later()

    async def _answers(self, connection: Connection) -> bool:
        """Whether a call manager answers OPTIONS and is in service."""
        number = self._configuration.lines[0].number
        domain = host_for_uri(connection.member.host)
        headers: Headers = {
            "Max-Forwards": [MAX_FORWARDS],
            "From": [f"<sip:{number}@{domain}>;tag={self._endpoint.new_token()}"],
            "To": [f"<sip:{domain}>"],
            "Call-ID": [self._endpoint.new_token()],
            "CSeq": ["1 OPTIONS"],
            "Contact": [f"<{connection.flow.contact_uri(number)}>"],
            "User-Agent": [self._identity.user_agent],
        }
        probe = _Probe()
        request = Request("OPTIONS", f"sip:{domain}", headers)
        self._endpoint.request(request, connection.flow, probe, self._user.now)
        self._user.settle()
        return await probe.answered


class _Probe:
    """Waits for whatever answer to a request."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """Any final answer shows that somebody is there; these two say that he cannot serve."""
        if response.status >= 200 and not self.answered.done():
            self.answered.set_result(response.status not in (408, 503))

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """Nobody is there."""
        if not self.answered.done():
            self.answered.set_result(False)
