"""A phone as it stands on a desk: it boots, goes to work, and boots again when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ringward.phone import events, retrieval
from ringward.phone.boot import Booted, Pause
from ringward.phone.configuration import Configuration
from ringward.phone.identity import Identity
from ringward.phone.media import MediaClock, PortRange
from ringward.phone.options import Options
from ringward.phone.phone import Owner, Phone
from ringward.phone.retrieval import FileServer


class DeskPhone:
    """Boots a :class:`Phone` from its file servers, and replaces it whenever the call manager orders a reset.

    Its configuration outlives a reset as it would in flash, so that digest credentials which the new file does not
    carry are kept (PHONE-13). A reset waits for calls to end, as phones do.
    """

    def __init__(
        self,
        identity: Identity,
        servers: tuple[FileServer, ...],
        owner: Owner,
        options: Options | None = None,
        *,
        clock: MediaClock | None = None,
        ports: PortRange | None = None,
    ) -> None:
        self.identity = identity
        self.phone: Phone | None = None
        """The phone at work; None until it has booted for the first time."""
        self.booted: Booted | None = None
        """How it came by its configuration."""
        self._servers = servers
        self._owner = owner
        self._options = options
        self._clock = clock or MediaClock()
        self._ports = ports
        self._resetting: asyncio.Task[None] | None = None

    async def boot(self, *, attempts: int | None = None, on_pause: Callable[[Pause], None] | None = None) -> Phone:
        """Hunt for a configuration and go to work with it.

        Never gives up, as a phone does not, unless ``attempts`` hunts are allowed: then raises
        :class:`~ringward.phone.retrieval.ServerSilent`.
        """
        before: Configuration | None = self.booted.configuration if self.booted is not None else None
        self.booted = await retrieval.boot(
            self.identity, self._servers, before=before, on_pause=on_pause, attempts=attempts
        )
        self.phone = Phone(
            self.identity,
            self.booted.configuration,
            self._told,
            self._options,
            clock=self._clock,
            ports=self._ports,
        )
        self.phone.start()
        return self.phone

    async def stop(self) -> None:
        """Switch off."""
        if self._resetting is not None:
            self._resetting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._resetting
        if self.phone is not None:
            await self.phone.stop()

    def _told(self, phone: Phone, event: events.PhoneEvent) -> None:
        self._owner(phone, event)
        if isinstance(event, events.ResetRequested) and self._resetting is None:
            self._resetting = asyncio.get_running_loop().create_task(self._reset(phone))

    async def _reset(self, phone: Phone) -> None:
        while not phone.is_idle:
            await phone.event(lambda event: isinstance(event, events.Ended))
        await phone.stop()
        await self.boot()
        self._resetting = None
