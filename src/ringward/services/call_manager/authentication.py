"""Digest authentication of phones (SIPD-01 to SIPD-21): the call manager challenges and never is challenged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ringward.calls.directory import Device
from ringward.protocols.sip.digest import Algorithm, DigestVerifier, Verdict
from ringward.protocols.sip.message import Headers, response_to
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.services.call_manager.registrations import Refusal, Registrations
from ringward.services.call_manager.stations import Stations

log = logging.getLogger(__name__)

_DIGEST_VERDICTS = {
    Verdict.WRONG_PASSWORD: "wrong digest credentials; check the user's Digest Credentials and those on the phone",
    Verdict.WRONG_USER: "unknown digest user; check the phone's Digest User and the user name on the phone",
    Verdict.REPLAYED: "digest credentials that were used before (replay)",
    Verdict.MALFORMED: "malformed digest credentials",
}


class Authenticator:
    """Challenges requests and verifies what comes back."""

    def __init__(
        self,
        stations: Callable[[], Stations],
        registrations: Registrations,
        key: bytes,
        new_token: Callable[[], str],
    ) -> None:
        self._stations = stations
        self._registrations = registrations
        self._verifier = DigestVerifier(key, new_token)
        self.algorithms: Sequence[Algorithm] = (Algorithm.MD5,)
        """Offered in challenges, the preferred one first; phones of the guide know MD5 alone (SYS-18)."""

    def verify(self, transaction: ServerTransaction, device: Device | None, now: float) -> bool:
        """Whether the request may go on. If not, it has been answered.

        ``device`` None is a stranger: he is challenged like everybody else, and fails like one who guesses wrong,
        so that nobody learns which devices exist.
        """
        request = transaction.request
        stations = self._stations()
        realm = stations.parameters.sip_station_realm
        validity = device.nonce_validity if device is not None else 600
        expected = device.digest_user if device is not None else ""

        def checksum(user: str, algorithm: Algorithm) -> str | None:
            return stations.checksums.get((user, algorithm)) if user and user == expected else None

        found = self._verifier.verify(request, realm, checksum, now, validity, self.algorithms)
        if found.verdict is Verdict.ACCEPTED:
            return True
        if found.verdict in (Verdict.MISSING, Verdict.STALE):
            self._challenge(transaction, realm, now, stale=found.verdict is Verdict.STALE)
        elif found.verdict is Verdict.REPLAYED:
            self._note(transaction, device, found.user, found.verdict, now)
            self._challenge(transaction, realm, now, stale=True)
        else:
            self._note(transaction, device, found.user, found.verdict, now)
            transaction.answer(403, now, to_tag="refused")
        return False

    def _challenge(self, transaction: ServerTransaction, realm: str, now: float, *, stale: bool) -> None:
        headers: Headers = {"WWW-Authenticate": self._verifier.challenges(realm, self.algorithms, now, stale)}
        transaction.respond(response_to(transaction.request, 401, to_tag="challenge", headers=headers), now)

    def _note(
        self, transaction: ServerTransaction, device: Device | None, user: str, verdict: Verdict, now: float
    ) -> None:
        request = transaction.request
        if device is None:
            reason = f"{request.method} as {request.get('To')!s:.120}: no configured phone has this line"
        elif device.digest_user and (device.digest_user, Algorithm.MD5) not in self._stations().checksums:
            # SIPD-20: the phone fails to register, and the log says why.
            reason = f"the digest user {device.digest_user!r} has no digest credentials"
        elif not device.digest_user:
            reason = "its profile asks for digest authentication, but it has no Digest User"
        else:
            reason = _DIGEST_VERDICTS[verdict]
        name = device.name if device is not None else "unknown device"
        log.warning("%s at %s refused: %s (digest user %.64r)", name, transaction.flow, reason, user)
        if device is not None:
            self._registrations.refused(device.name, Refusal(now, repr(transaction.flow), reason))
