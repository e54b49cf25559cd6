"""What keeps phones out, in words, and what to do about each: the words are said where it happens, all from here.

A reason may say more than the words that name it (which file, in OpenSSL's terms); it is known by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from ringward.domain.vocabulary import CapfFailure


class Place(Enum):
    """Where the next step is taken; pages make a link or a button of it."""

    NOWHERE = ""
    """There is none, or it is taken at the phone itself."""
    RECORD = "record"
    """The phone's record, with its profile."""
    RESET = "reset"
    CERTIFICATE_OPERATIONS = "certificate-operations"
    CTL_FILE = "ctl-file"
    SERVICES = "services"
    PARAMETERS = "parameters"
    """The enterprise parameters."""
    TRUST_STORES = "trust-stores"


@dataclass(frozen=True, slots=True)
class Remedy:
    """The next step."""

    step: str
    place: Place = Place.NOWHERE
    command: str = ""
    """``{device}`` stands for the phone, ``{lsc}`` for the first digits of its LSC's fingerprint."""


# -- what TLS says --------------------------------------------------------------------------------------------

EXPIRED = "its certificate has expired"
NOT_VALID_YET = "its certificate is not valid yet"
FOREIGN = "its certificate is signed by nobody that this port trusts"
SHORT_KEY = "the key of its certificate is too short"
OLD_SIGNATURE = "its certificate is signed with SHA-1 or worse"
NO_COMMON_CIPHER = "it offers none of the cipher suites that are open on this port"
OLD_TLS = "it speaks only a version of TLS that is not accepted here"
NO_TLS = "what it sent is no TLS"
TRUSTS_NOT_US = "it does not trust the certificate of this node"
THINKS_US_EXPIRED = "it takes the certificate of this node for expired"

# -- what the call manager says -------------------------------------------------------------------------------

WITHOUT_TLS = "it connected without TLS"
OTHER_TRANSPORT = "its transport type is"
NO_CERTIFICATE = "it showed no certificate"
FOR_ANOTHER = "it showed the certificate of"
PASSES_OVER_ITS_LSC = "it showed another certificate than its LSC"
OTHER_MODE = "the cipher of its TLS connection"
REVOKED = "its certificate was revoked"
WEAK_KEY = "which is too short"
FORGEABLE = "which can be forged"
WRONG_CREDENTIALS = "wrong digest credentials"
WRONG_USER = "unknown digest user"
LOCKED_OUT = "locked out for a while"
NO_DIGEST_USER = "it has no Digest User"
NO_CREDENTIALS = "has no digest credentials"

# -- what the file service says -------------------------------------------------------------------------------

NO_SUCH_FILE = "which has no such file"
NOT_ENCRYPTED = "TFTP Encrypted Config is off"
KEY_NOT_KNOWN = "it needs a certificate operation"
NO_SYMMETRIC_KEY = "has no symmetric key"
NOTHING_SIGNED = "the cluster is nonsecure: no file is signed"

_BY_STRING = "ringward capf set install {device} --mode string --generate"
_NEW_CERTIFICATE = Remedy(
    "Give it a new certificate, by an authentication string: by the one that it has it proves nothing.",
    Place.CERTIFICATE_OPERATIONS,
    _BY_STRING,
)
_RESTART = "Restart the phone, so that it reads its present file."
_STRONGER = Remedy(
    "Give it a new certificate, with a longer key if its profile asks for a short one. A phone that can do no "
    "better is let in by the enterprise parameter Admit Old Phones.",
    Place.CERTIFICATE_OPERATIONS,
    _BY_STRING,
)

_REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {
        EXPIRED: _NEW_CERTIFICATE,
        REVOKED: _NEW_CERTIFICATE,
        FOR_ANOTHER: _NEW_CERTIFICATE,
        NOT_VALID_YET: Remedy("Look whether the clock of this node is right, then restart the phone."),
        FOREIGN: Remedy(
            "If it is the certificate of its maker (MIC), import the maker's into the trust store CAPF-trust. If "
            "it is one of another cluster, give the phone a new one, by an authentication string.",
            Place.TRUST_STORES,
            "ringward trust import capf FILE",
        ),
        SHORT_KEY: _STRONGER,
        OLD_SIGNATURE: _STRONGER,
        WEAK_KEY: _STRONGER,
        FORGEABLE: _STRONGER,
        NO_COMMON_CIPHER: Remedy(
            f"{_RESTART} It may still follow an old one, for another device security mode. If that does not help, "
            "its firmware knows none of the cipher suites of this mode: load a newer one."
        ),
        OLD_TLS: Remedy(
            "Load newer firmware. A phone that can do no better is let in by the enterprise parameter Admit Old "
            "Phones.",
            Place.PARAMETERS,
            "ringward parameter set admit_old_phones true",
        ),
        NO_TLS: Remedy(f"{_RESTART} Something there speaks no TLS, but came to the secure port."),
        TRUSTS_NOT_US: Remedy(
            "Restart the phone, so that it fetches its trust list. If that does not help, erase the trust list at "
            "the phone (Settings, Security Configuration, Trust List); then it takes the present one."
        ),
        THINKS_US_EXPIRED: Remedy(
            "Look whether the clocks of the phone and of this node are right, and whether the certificate of this "
            "node has ended."
        ),
        WITHOUT_TLS: Remedy(_RESTART),
        OTHER_TRANSPORT: Remedy(f"{_RESTART} If its transport is set by hand, set it as its profile says."),
        OTHER_MODE: Remedy(_RESTART),
        PASSES_OVER_ITS_LSC: Remedy(
            "Restart the phone if it has just got its LSC. If it has lost it, as by a factory reset, revoke it; "
            "then its MIC counts, and it can be given a new LSC.",
            Place.RECORD,
            "ringward capf revoke {lsc}",
        ),
        NO_CERTIFICATE: Remedy(
            "Restart the phone. If that does not help, it has lost its certificate, as by a factory reset: give "
            "it a new one.",
            Place.CERTIFICATE_OPERATIONS,
            _BY_STRING,
        ),
        WRONG_CREDENTIALS: Remedy(
            "Set the Digest Credentials of its digest user anew, then restart the phone, so that it reads them. "
            "If they are typed in at the phone, type in the same there.",
            Place.RECORD,
        ),
        WRONG_USER: Remedy(
            "Restart the phone, so that it reads its Digest User. If that is typed in at the phone, type in the "
            "same there.",
            Place.RECORD,
        ),
        LOCKED_OUT: Remedy(
            "Correct the digest credentials at the phone, then wait: each wrong try doubles the time."
        ),
        NO_DIGEST_USER: Remedy("Choose a Digest User for it, then restart the phone.", Place.RECORD),
        NO_CREDENTIALS: Remedy(
            "Give its digest user Digest Credentials, then restart the phone, so that it reads them.", Place.RECORD
        ),
    }
)

_FILE_REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {
        NO_SUCH_FILE: Remedy(
            "It is of another model, or runs other software, than its record says: correct the record, then "
            "restart the phone.",
            Place.RECORD,
        ),
        NOT_ENCRYPTED: Remedy(
            "Erase the symmetric key at the phone (Settings, Security Configuration), then restart it."
        ),
        KEY_NOT_KNOWN: Remedy(
            "Give it a certificate operation, then restart the phone.",
            Place.CERTIFICATE_OPERATIONS,
            "ringward capf set install {device}",
        ),
        NO_SYMMETRIC_KEY: Remedy(
            "Make a symmetric key and type it in at the phone.",
            Place.RECORD,
            "ringward phone symmetric-key {device}",
        ),
        NOTHING_SIGNED: Remedy(
            "It holds a trust list from a time, or a cluster, in which files were signed: erase the trust list at "
            "the phone, then restart it."
        ),
    }
)

_OTHER_PROOF = Remedy("Let it prove itself by an authentication string.", Place.CERTIFICATE_OPERATIONS, _BY_STRING)
_CAPF_REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {
        CapfFailure.INVALID_AUTHENTICATION_STRING.value: Remedy(
            "Type in at the phone the string that its certificate operation has; the list of certificate "
            "operations shows it.",
            Place.CERTIFICATE_OPERATIONS,
            "ringward capf report --where device_name={device}",
        ),
        CapfFailure.INVALID_MIC.value: Remedy(
            "Import the certificate of its maker into the trust store CAPF-trust, or let the phone prove itself "
            "by an authentication string.",
            Place.CERTIFICATE_OPERATIONS,
            _BY_STRING,
        ),
        CapfFailure.INVALID_LSC.value: _OTHER_PROOF,
        CapfFailure.NO_ELLIPTIC_KEYS.value: Remedy(
            "Give it an operation with an RSA key.",
            Place.CERTIFICATE_OPERATIONS,
            "ringward capf set install {device} --key-size 2048",
        ),
        CapfFailure.LATE.value: Remedy(
            "Give it a new operation with a later end, then restart the phone.",
            Place.CERTIFICATE_OPERATIONS,
            "ringward capf set install {device}",
        ),
        TRUSTS_NOT_US: _REMEDIES[TRUSTS_NOT_US],
        OLD_TLS: Remedy(
            "Load newer firmware, or let old phones call CAPF: its service parameter says so.", Place.PARAMETERS
        ),
    }
)


def remedy_of(reason: str) -> Remedy | None:
    """What to do about the reason for which a phone was refused; None if it can only be mended."""
    return _found(_REMEDIES, reason)


def file_remedy_of(reason: str) -> Remedy | None:
    """What to do about the reason for which a phone did not get its configuration."""
    return _found(_FILE_REMEDIES, reason)


def capf_remedy_of(outcome: str) -> Remedy | None:
    """What to do about a call to CAPF that came to nothing, by what the log says of it."""
    return _found(_CAPF_REMEDIES, outcome)


def _found(remedies: Mapping[str, Remedy], reason: str) -> Remedy | None:
    return next((remedy for words, remedy in remedies.items() if words in reason), None)
