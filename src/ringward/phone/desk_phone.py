"""A phone as it stands on a desk: it boots, goes to work, and boots again when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace

from ringward.domain.errors import Refused
from ringward.domain.vocabulary import CapfAuthenticationMode, DeviceSecurityMode
from ringward.files.trust_list import TrustListRole
from ringward.phone import events, retrieval
from ringward.phone.boot_orders import Booted, Enrol, Pause
from ringward.phone.configuration import Configuration
from ringward.phone.enrolment import Enrolled, Enrolment, Result
from ringward.phone.file_security import FileSecurity
from ringward.phone.flash import Flash
from ringward.phone.identity import Identity
from ringward.phone.media import MediaClock, PortRange
from ringward.phone.options import Options
from ringward.phone.phone import Owner, Phone
from ringward.phone.retrieval import FileServer
from ringward.phone.security_menu import SecurityMenu
from ringward.phone.signalling_tls import signalling_context
from ringward.protocols.sip.flow import Transport

SETTINGS_ENABLED = "1"
"""``settingsAccess``: 0 is disabled, 2 restricted."""
REGISTRATION_PATIENCE = 30.0
"""Seconds that a phone without security waits for its registration before it calls CAPF."""


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
        flash: Flash | None = None,
        identity_list: bool = False,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``flash`` is what the phone remembers; without one it forgets everything when it goes.

        ``identity_list`` says that its firmware knows the ITL. ``tell`` hears what the phone shows of certificate
        operations.
        """
        self.identity = identity
        self.security = FileSecurity(flash)
        self.menu = SecurityMenu(identity, self.security, self._shows_settings)
        self.enrolled: Enrolled | None = None
        """What came of the last call to CAPF."""
        self.phone: Phone | None = None
        """The phone at work; None until it has booted for the first time."""
        self.booted: Booted | None = None
        """How it came by its configuration."""
        self._servers = servers
        self._owner = owner
        self._options = options or Options()
        self._clock = clock or MediaClock()
        self._ports = ports
        self._identity_list = identity_list
        self._enrolment = Enrolment(
            identity, self.security.keys, self._capf_certificates, tell=self._note_operation
        )
        self._tell = tell
        self._enrolling: asyncio.Task[None] | None = None
        self._resetting: asyncio.Task[None] | None = None

    async def boot(self, *, attempts: int | None = None, on_pause: Callable[[Pause], None] | None = None) -> Phone:
        """Hunt for a configuration and go to work with it.

        Never gives up, as a phone does not, unless ``attempts`` hunts are allowed: then raises
        :class:`~ringward.phone.retrieval.ServerSilent`.
        """
        before: Configuration | None = self.booted.configuration if self.booted is not None else None
        self.booted = await retrieval.boot(
            self.identity,
            self._servers,
            before=before,
            security=self.security,
            identity_list=self._identity_list,
            enrol=self._enrol_for_file,
            on_pause=on_pause,
            attempts=attempts,
        )
        configuration, mode = self.booted.configuration, self._automatic_mode(self.booted)
        is_secure = configuration.security_mode is not DeviceSecurityMode.NONSECURE
        if mode is not None and is_secure:  # first the certificate, then the registration (CAPF-21)
            await self._call_capf(configuration, mode)
        self.phone = Phone(
            self.identity,
            configuration,
            self._told,
            self._secured(configuration),
            clock=self._clock,
            ports=self._ports,
        )
        self.phone.start()
        if mode is not None and not is_secure:
            self._begin_enrolling(self._call_capf_once_registered(self.phone, configuration, mode))
        return self.phone

    # -- certificate operations ----------------------------------------------------------------------------

    def enter_authentication_string(self, digits: str) -> None:
        """Enter the authentication string in the security menu: the phone calls CAPF (CAPF-14).

        Raises :class:`Refused` while the menu is locked, or when no string is asked for.
        """
        configuration = self.booted.configuration if self.booted is not None else None
        by_string = CapfAuthenticationMode.AUTHENTICATION_STRING
        if configuration is None or configuration.capf_authentication_mode != by_string.number:
            raise Refused("no authentication string is asked for; reset the phone once the operation is set")
        if self._enrolling is not None and not self._enrolling.done():
            raise Refused("the phone is at it already")
        self.menu.lock_again()
        self._begin_enrolling(self._call_capf(configuration, by_string, digits))

    def abort_certificate_operation(self) -> None:
        """End the call to CAPF that goes on; the operation waits at CAPF for the next one (PHONE-09).

        Raises :class:`Refused` when there is none, or the Settings button leads nowhere.
        """
        self.menu.check_shown()
        if not self._enrolment.abort():
            raise Refused("no certificate operation goes on")

    def _note_operation(self, text: str) -> None:
        self.menu.operation = text
        self._tell(text)

    async def enrolment_over(self) -> Enrolled | None:
        """What came of the call to CAPF that goes on, or of the last one."""
        if self._enrolling is not None:
            await self._enrolling
        return self.enrolled

    def _automatic_mode(self, booted: Booted) -> CapfAuthenticationMode | None:
        """The mode in which the phone calls CAPF by itself; None if it does not.

        If it could not load a new file, an operation that the power ended is taken up again (CAPF-08).
        """
        unfinished = self.security.keys.unfinished_enrolment if booted.kept else None
        modes = {mode.number: mode for mode in CapfAuthenticationMode}
        mode = unfinished or modes.get(booted.configuration.capf_authentication_mode)
        return None if mode is CapfAuthenticationMode.AUTHENTICATION_STRING else mode

    def _begin_enrolling(self, call: Coroutine[None, None, None]) -> None:
        self._enrolling = asyncio.get_running_loop().create_task(call)

    async def _call_capf(
        self, configuration: Configuration, mode: CapfAuthenticationMode, digits: str = ""
    ) -> None:
        self.enrolled = await self._enrolment.run(configuration.capf, mode, digits)

    async def _call_capf_once_registered(
        self, phone: Phone, configuration: Configuration, mode: CapfAuthenticationMode
    ) -> None:
        """A phone without security registers first (CAPF-20); one that cannot register calls all the same."""
        if self._options.register:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REGISTRATION_PATIENCE):
                    await phone.registered()
        await self._call_capf(configuration, mode)

    async def _enrol_for_file(self, order: Enrol) -> str:
        """Why a call to CAPF for want of the right certificate failed; empty if it did not (CFGENC-23)."""
        self.enrolled = await self._enrolment.run(order.capf, CapfAuthenticationMode.NULL_STRING)
        return "" if self.enrolled.result is Result.INSTALLED else str(self.enrolled)

    def _capf_certificates(self) -> list[bytes]:
        records = self.security.trust.trust.having(TrustListRole.CAPF)
        return [record.certificate.der for record in records if record.certificate is not None]

    def _secured(self, configuration: Configuration) -> Options:
        """The owner's options, with what the phone's own trust list and certificate give for TLS."""
        if self._options.tls is not None or configuration.transport is not Transport.TLS:
            return self._options
        return replace(self._options, tls=signalling_context(self.security, configuration.security_mode))

    def _shows_settings(self) -> bool:
        """Whether the Settings button shows more than the user's own preferences (HARD-11, HARD-16)."""
        hardening = dict(self.booted.configuration.hardening) if self.booted is not None else {}
        return hardening.get("settingsAccess", SETTINGS_ENABLED) == SETTINGS_ENABLED

    def show_security(self) -> Iterator[tuple[str, str]]:
        """The lines of the security menu."""
        return self.menu.lines(self.booted.configuration.security_mode if self.booted is not None else None)

    async def stop(self) -> None:
        """Switch off."""
        if self._enrolling is not None:
            self._enrolling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._enrolling
        if self._resetting is not None:
            self._resetting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._resetting
            self._resetting = None  # switched on again, it can be reset again
        if self.phone is not None:
            await self.phone.stop()

    def _told(self, phone: Phone, event: events.PhoneEvent) -> None:
        self._owner(phone, event)
        if self._resetting is not None:
            return
        if isinstance(event, events.ResetRequested):
            self._resetting = asyncio.get_running_loop().create_task(self._reset(phone))
        elif isinstance(event, events.RegistrationRefused) and phone.configuration.is_default:
            # Nobody knows it yet: it looks for a file of its own again (CLUSTER-11).
            self._resetting = asyncio.get_running_loop().create_task(self._reset(phone, event.again_in))

    async def _reset(self, phone: Phone, pause: float = 0.0) -> None:
        await asyncio.sleep(pause)
        while not phone.is_idle:
            await phone.event(lambda event: isinstance(event, events.Ended))
        await phone.stop()
        await self.boot()
        self._resetting = None
