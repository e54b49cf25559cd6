"""Has TLS listeners present a new certificate as soon as there is one; connections that are open stay.

The command line renews a certificate in a process of its own. The change feed tells of it here, the bus announces
it, and whoever works with that kind of certificate reads it again. The event loop does that, whichever thread has
announced it: a TLS context must not change in the middle of a handshake.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

from ringward.administration.certificates import NOUN
from ringward.cluster.bus import Announcement, Bus
from ringward.domain.alarm import Report, cleared, raised
from ringward.domain.alarm_catalogue import CERTIFICATE_NOT_USABLE
from ringward.domain.certificate import CertificateKind
from ringward.pki.key_store import KeyStore
from ringward.pki.tls import ServerTls
from ringward.services.alarm_log import log_alarm

_log = logging.getLogger(__name__)


class CertificateRenewal:
    """Calls whoever has to read a certificate again; made and used in the thread of the event loop."""

    def __init__(self, bus: Bus, key_store: KeyStore, alarm: Report = log_alarm) -> None:
        self._alarm = alarm
        self._key_store = key_store
        self._loop = asyncio.get_running_loop()
        self._tls: WeakKeyDictionary[ServerTls, CertificateKind] = WeakKeyDictionary()
        """Of all listeners that are there; those of a service that has stopped are forgotten with it."""
        self._listeners: list[tuple[CertificateKind, Callable[[], None]]] = []
        self.stop = bus.subscribe(self._heard)
        """Hear no more of it."""

    def tls(self, kind: CertificateKind) -> ServerTls:
        """TLS for one listener with a kind of certificate, always the present one.

        Each listener has its own: what one of them opens for old phones stays closed on the others.
        """
        tls = ServerTls(self._key_store.files(kind))
        self._tls[tls] = kind
        return tls

    def add(self, kind: CertificateKind, reload: Callable[[], None]) -> Callable[[], None]:
        """Have ``reload`` called after each change of a kind of certificate; if it fails, the old one stays.

        Returns what ends it.
        """
        listener = (kind, reload)
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _heard(self, announcement: Announcement) -> None:
        if announcement.noun == NOUN:
            self._loop.call_soon_threadsafe(self._changed, announcement.key)

    def _changed(self, key: str) -> None:
        """The certificate ``SERVER/KIND`` has changed."""
        listeners: list[tuple[CertificateKind, Callable[[], None]]] = list(self._listeners)
        listeners += ((kind, partial(self._present, tls)) for tls, kind in self._tls.items())
        for kind, reload in listeners:
            if not key.endswith(f"/{kind.value}"):
                continue
            try:
                reload()
            except Exception:
                said = f"the new {kind.value} certificate cannot be used; the one before stays in force"
                _log.exception(said)
                self._alarm(raised(CERTIFICATE_NOT_USABLE, kind.value, said))
            else:
                self._alarm(cleared(CERTIFICATE_NOT_USABLE, kind.value))
                _log.info("the %s certificate has changed; it is used from the next connection on", kind.value)

    def _present(self, tls: ServerTls) -> None:
        tls.reload(files=self._key_store.files(self._tls[tls]))
