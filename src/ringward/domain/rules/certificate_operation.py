"""Certificate operations: their strings, deadlines and status, and whether a phone has proved itself to CAPF.

Deadlines are texts such as ``2026-12-05 18:00`` by the first node's clock (CAPF-29). Texts of this form are in the
order of the moments they name, so they are compared as they are.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringward.domain.secret import Secret
from ringward.domain.vocabulary import (
    CapfAuthenticationMode,
    CapfFailure,
    CertificateOperation,
    DeviceCertificateKind,
    KeySize,
)

SHORTEST_STRING, LONGEST_STRING = 4, 10
AUTHENTICATION_STRING = re.compile(r"[0-9]{4,10}")
AUTHENTICATION_STRING_HELP = f"{SHORTEST_STRING} to {LONGEST_STRING} digits"
GENERATED_DIGITS = 8
"""Digits of a string that is generated: short enough to read out, beyond guessing in the few tries there are."""

_MOMENT = "%Y-%m-%d %H:%M"
MOMENT_HELP = "a date and time such as 2026-12-05 18:00"
OPERATION_PENDING = "Operation Pending"

_WORDS = {
    CertificateOperation.INSTALL_UPGRADE: "Upgrade",
    CertificateOperation.DELETE: "Delete",
    CertificateOperation.TROUBLESHOOT: "Troubleshoot",
}
"""What Operation Status calls the operations (CAPF-30)."""


# --- Keys
# -------------------------------------------------------------------------------------------------------------


def is_too_short(size: KeySize, smallest: int) -> bool:
    """Whether a key is shorter than the service parameter Smallest Key Size allows; EC keys never are."""
    return not size.is_elliptic and size.bits < smallest


# --- Deadlines
# --------------------------------------------------------------------------------------------------------


def is_moment(text: str) -> bool:
    """Whether a text is a date and time in exactly the form that is stored."""
    try:
        return datetime.strptime(text, _MOMENT).strftime(_MOMENT) == text  # noqa: DTZ007  (by the first node's clock)
    except ValueError:
        return False


def moment(when: datetime) -> str:
    """A local time as deadlines are written."""
    return when.strftime(_MOMENT)


def preset_deadline(now: datetime, days: int) -> str:
    """Operation Completes by, where nobody entered another one (CAPF-35)."""
    return moment(now + timedelta(days=days))


def is_over(completes_by: str, now: datetime) -> bool:
    """Whether the time for an operation has passed. A deadline holds to the end of its minute."""
    return bool(completes_by) and moment(now) > completes_by


# --- Strings and status
# -----------------------------------------------------------------------------------------------


def generate_string(random_below: Callable[[int], int]) -> Secret:
    """A random authentication string (CAPF-26). ``random_below(n)`` gives a number from 0 to n - 1.

    It never begins with 0, which a spreadsheet program leaves out when it opens the CAPF report.
    """
    others = "".join(str(random_below(10)) for _ in range(GENERATED_DIGITS - 1))
    return Secret(f"{1 + random_below(9)}{others}")


def status_after(operation: CertificateOperation, failure: CapfFailure | None) -> str:
    """Operation Status of an operation that is over."""
    word = _WORDS[operation]
    return f"{word} Success" if failure is None else f"{word} Failed: {failure.value}"


# --- Who may
# ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """The certificate by which a phone wants to prove itself, and what was found wrong with it."""

    kind: DeviceCertificateKind
    flaw: str = ""
    """Empty if it names the device, is valid and trusted, and the phone has shown that it has the key."""


def authentication_failure(
    mode: CapfAuthenticationMode,
    *,
    wanted: Secret | None,
    given: str | None,
    presented: PresentedCertificate | None,
    has_lsc: bool,
    has_mic: bool,
) -> CapfFailure | None:
    """Why a phone has not proved itself as its profile asks; None if it has (CAPF-14 to CAPF-19).

    ``wanted`` and ``given`` are the authentication string as set and as sent. ``has_lsc``: an LSC of this phone is
    on record as in use. ``has_mic``: its model leaves the factory with a certificate.
    """
    if mode is CapfAuthenticationMode.NULL_STRING:
        return None
    if mode is CapfAuthenticationMode.AUTHENTICATION_STRING:
        if wanted and given is not None and hmac.compare_digest(wanted.reveal().encode(), given.encode()):
            return None
        return CapfFailure.INVALID_AUTHENTICATION_STRING
    if mode is CapfAuthenticationMode.EXISTING_LSC:
        due = DeviceCertificateKind.LSC if has_lsc or not has_mic else DeviceCertificateKind.MIC
    else:
        due = DeviceCertificateKind.MIC if has_mic else DeviceCertificateKind.LSC
    # One certificate at a time and never the other one instead: the mode must be changed for that (CAPF-19).
    if presented is not None and presented.kind is due and not presented.flaw:
        return None
    return CapfFailure.INVALID_LSC if due is DeviceCertificateKind.LSC else CapfFailure.INVALID_MIC
