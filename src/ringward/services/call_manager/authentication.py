"""Digest authentication of phones (SIPD-01 to SIPD-21): the call manager challenges and never is challenged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ringward.calls.directory import Device
from ringward.domain.alarm import Report
from ringward.domain.alarm_catalogue import DIGEST_GUESSING, PHONE_REFUSED, STRANGER_REFUSED
from ringward.domain.rules import obstacles
from ringward.protocols.sip.digest import DEFAULT_NONCE_VALIDITY, Algorithm, DigestVerifier, Verdict, Verification
from ringward.protocols.sip.message import Headers, response_to
from ringward.protocols.sip.transaction import ServerTransaction
from ringward.services.alarm_log import log_alarm
from ringward.services.call_manager.guessing import GuessingGuard
from ringward.services.call_manager.offences import Offences
from ringward.services.call_manager.registrations import Refusal, Registrations
from ringward.services.call_manager.stations import Stations

log = logging.getLogger(__name__)

_VERDICTS = {
    Verdict.WRONG_PASSWORD: (
        f"{obstacles.WRONG_CREDENTIALS}; check the user's Digest Credentials and those on the phone"
    ),
    Verdict.WRONG_USER: f"{obstacles.WRONG_USER}; check the phone's Digest User and the user name on the phone",
    Verdict.REPLAYED: "digest credentials that were used before (replay)",
    Verdict.MALFORMED: "malformed digest credentials",
    Verdict.ACCEPTED: f"{obstacles.LOCKED_OUT} after too many wrong digest credentials",
}


class Authenticator:
    """Challenges requests and verifies what comes back.

    Whatever it sends is forgotten at once: neither to be challenged nor to be refused occupies memory.
    """

    def __init__(
        self,
        stations: Callable[[], Stations],
        registrations: Registrations,
        key: bytes,
        new_token: Callable[[], str],
        alarm: Report = log_alarm,
    ) -> None:
        self._stations = stations
        self._registrations = registrations
        self._verifier = DigestVerifier(key, new_token)
        self.guard = GuessingGuard()
        self.offences = Offences(log, alarm)
        """Apart from other offences: nobody gets here by a forged address, so none can crowd it out."""
        self.algorithms: Sequence[Algorithm] = (Algorithm.MD5,)
        """Offered in challenges, the preferred one first; phones of the guide know MD5 alone (SYS-18)."""

    def verify(self, transaction: ServerTransaction, device: Device | None, now: float) -> bool:
        """Whether the request may go on. If not, it has been answered.

        ``device`` None is a stranger: he is challenged like everybody else, and fails like one who guesses wrong,
        so that nobody learns which devices exist.
        """
        address = transaction.flow.remote[0]
        found = self._examine(transaction, device, now)
        verdict = found.verdict
        if verdict in (Verdict.MISSING, Verdict.STALE):
            if device is not None and self._obstacle(device):  # it has nothing to answer a challenge with
                self._note(transaction, device, found.user, verdict, now)
            self._challenge(transaction, now, stale=verdict is Verdict.STALE)
            return False
        if verdict is Verdict.ACCEPTED and device is not None:
            if not self.guard.is_locked(device.name, address, self._is_here(device, address), now):
                self.guard.right(device.name, address)
                return True
        elif verdict in (Verdict.WRONG_PASSWORD, Verdict.WRONG_USER):
            self._count_guess(device, address, now)
        self._note(transaction, device, found.user, verdict, now)
        if verdict is Verdict.REPLAYED:
            self._challenge(transaction, now, stale=True)
        else:
            transaction.refuse(403, now, to_tag="refused")
        return False

    def rebuff(self, transaction: ServerTransaction, now: float) -> None:
        """Answer as a stranger is answered, for a cause that the log knows already."""
        verdict = self._examine(transaction, None, now).verdict
        if verdict in (Verdict.MISSING, Verdict.STALE):
            self._challenge(transaction, now, stale=verdict is Verdict.STALE)
            return
        if verdict is not Verdict.MALFORMED:
            self._count_guess(None, transaction.flow.remote[0], now)
        transaction.refuse(403, now, to_tag="refused")

    def _examine(self, transaction: ServerTransaction, device: Device | None, now: float) -> Verification:
        stations = self._stations()
        validity = device.nonce_validity if device is not None else DEFAULT_NONCE_VALIDITY
        expected = device.digest_user if device is not None else ""

        def checksum(user: str, algorithm: Algorithm) -> str | None:
            return stations.checksums.get((user, algorithm)) if user and user == expected else None

        return self._verifier.verify(
            transaction.request,
            stations.parameters.sip_station_realm,
            checksum,
            now,
            validity,
            self.algorithms,
            transaction.flow.remote[0],
        )

    def _obstacle(self, device: Device) -> str:
        """Why no credentials can be right, whatever the phone sends; empty if some can (SIPD-20)."""
        user = device.digest_user
        if not user:
            return f"its profile asks for digest authentication, but {obstacles.NO_DIGEST_USER}"
        if (user, Algorithm.MD5) not in self._stations().checksums:
            return f"the digest user {user!r} {obstacles.NO_CREDENTIALS}"
        return ""

    def _is_here(self, device: Device | None, address: str) -> bool:
        return device is not None and self._registrations.is_at(device.name, address)

    def _count_guess(self, device: Device | None, address: str, now: float) -> None:
        name = device.name if device is not None else ""
        lock = self.guard.wrong(name, address, self._is_here(device, address), now)
        if lock is not None:
            self.offences.note(
                "locked out",
                lock.what,
                "digest credentials are being guessed: %s locked out for %.0f seconds, doubling with each "
                "further wrong guess",
                lock.what,
                lock.seconds,
                alarm=DIGEST_GUESSING,
            )

    def _challenge(self, transaction: ServerTransaction, now: float, *, stale: bool) -> None:
        realm = self._stations().parameters.sip_station_realm
        address = transaction.flow.remote[0]
        challenges = self._verifier.challenges(realm, self.algorithms, now, stale, address)
        headers: Headers = {"WWW-Authenticate": challenges}
        transaction.dismiss(response_to(transaction.request, 401, to_tag="challenge", headers=headers), now)

    def _note(
        self, transaction: ServerTransaction, device: Device | None, user: str, verdict: Verdict, now: float
    ) -> None:
        request, flow = transaction.request, transaction.flow
        if device is None:
            reason = f"{request.method} as {request.get('To')!s:.120}: no configured phone has this line"
        elif verdict is Verdict.ACCEPTED:
            reason = _VERDICTS[verdict]
        else:
            reason = self._obstacle(device) or _VERDICTS[verdict]
        name = device.name if device is not None else "unknown device"
        offender = f"{name} at {flow.remote[0]}"
        message = "%s at %s refused: %s (digest user %.64r)"
        alarm = PHONE_REFUSED if device is not None else STRANGER_REFUSED
        self.offences.note("refused", offender, message, name, flow, reason, user, alarm=alarm)
        if device is not None:
            self._registrations.refused(device.name, Refusal(now, repr(flow), reason))
