"""What the owner of a software phone decides, beside the configuration that the phone obeys."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import Enum

from ringward.phone.sound import Sound
from ringward.phone.srtp import SUITES


class OwnTone(Enum):
    """Stands for the tone that follows from the phone's MAC address."""

    OWN_TONE = "own tone"


OWN_TONE = OwnTone.OWN_TONE


@dataclass(frozen=True, slots=True)
class Options:
    """How a software phone differs from the desk phone that it plays."""

    local_host: str = ""
    """Address to use; empty: the one that leads to the call manager."""
    tls: ssl.SSLContext | None = None
    """See :func:`~ringward.phone.connection.client_context`; without one a phone that needs TLS stays off."""
    media: bool = True
    """Whether calls have media; without it they are signalled the same, for load."""
    sound: Sound | OwnTone = OWN_TONE
    answer_after: float | None = None
    """Seconds after which a call is answered by itself; None: by hand, unless the line's configuration says so."""
    direct_calls: bool = False
    """Take calls from anybody, and call any address; without it only the call manager is talked to."""
    only_encrypted: bool = False
    """In encrypted mode take no media in the clear; desk phones of the guide do (MEDIA-08)."""
    suites: tuple[str, ...] = SUITES
    """Crypto suites that its firmware knows, the best first."""
    register: bool = True
    use_configured_port: bool = False
    """Signal from the port of the configuration, as a phone with an address of its own does."""
