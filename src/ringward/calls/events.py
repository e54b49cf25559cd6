"""What a leg tells the call engine. Each event is a plain value; the leg it came from is passed beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ringward.calls.media import MediaDescription

if TYPE_CHECKING:
    from ringward.calls.leg import Leg


class Cause(Enum):
    """Why a leg or a call failed or ended; numbers are those of ITU-T Q.850, kept in call detail records."""

    NORMAL = 16
    UNALLOCATED_NUMBER = 1
    NO_ROUTE = 3
    USER_BUSY = 17
    NO_USER_RESPONDING = 18
    NO_ANSWER = 19
    SUBSCRIBER_ABSENT = 20
    """The called phone is configured but not registered (480 in RFC 3398 section 8.2.6.1)."""
    CALL_REJECTED = 21
    ROUTING_ERROR = 25
    """Forwarded in a circle, or too often."""
    DESTINATION_OUT_OF_ORDER = 27
    INVALID_NUMBER = 28
    TEMPORARY_FAILURE = 41
    CONGESTION = 42
    NOT_PERMITTED = 57
    NO_SUCH_CALL = 86
    """A call was meant that is not there, or not any more."""
    INCOMPATIBLE_MEDIA = 88
    RECOVERY_ON_TIMER = 102
    PROTOCOL_ERROR = 111
    CANCELLED = 487
    """Given up by the caller before an answer (no Q.850 number of its own; recorded as 16)."""
    OFFER_PENDING = 491
    """Another media offer is under way in the call: try again shortly (no Q.850 number of its own)."""
    ANSWERED_ELSEWHERE = 26


@dataclass(frozen=True, slots=True)
class Party:
    """Who is at one end: the number others dial, and the name they see."""

    number: str
    name: str = ""


class RedirectReason(Enum):
    """Why a call went on to another number; the words are those of RFC 5806 section 4."""

    ALWAYS = "unconditional"
    BUSY = "user-busy"
    NO_ANSWER = "no-answer"
    UNREGISTERED = "unavailable"
    DEFLECTION = "deflection"
    """The called party sent it on."""


@dataclass(frozen=True, slots=True)
class Redirection:
    """A number that a call was for, and left for another one."""

    number: str
    reason: RedirectReason


@dataclass(frozen=True, slots=True)
class Alerting:
    """The called side rings; ``media`` is its early description, if it sent one."""

    media: MediaDescription | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The called side answered. ``media`` answers the offer it got, or is an offer if it got none."""

    media: MediaDescription | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The leg could not be set up (busy, refused, no such user, no response)."""

    cause: Cause
    detail: str = ""
    """What the peer said, for the log and the ladder."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The far side hung up, or gave up before the answer (cause CANCELLED), or the leg was lost."""

    cause: Cause = Cause.NORMAL
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MediaOffered:
    """In an established leg the far side offers new media (hold, resume, moved address); None asks for ours."""

    media: MediaDescription | None


@dataclass(frozen=True, slots=True)
class MediaAnswered:
    """The far side answered the last offer we made."""

    media: MediaDescription


@dataclass(frozen=True, slots=True)
class MediaRefused:
    """The far side refused the last offer we made; the media before it stands."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class TransferRequested:
    """The far side asks that the other party be connected to ``target`` instead."""

    target: str
    consulted: Leg | None = None
    """The far side's leg in its call with the target, if it has one: then that call is to be joined."""


@dataclass(frozen=True, slots=True)
class Digit:
    """The far side pressed a key and said so in signalling; in media it would not come here."""

    digit: str
    """One of 0 to 9, *, #, A to D, or ! for a flash of the hook."""
    duration: int = 160
    """Milliseconds that it was pressed."""


@dataclass(frozen=True, slots=True)
class Redirected:
    """The called party does not take the call but sends it on to ``target``; its leg has ended."""

    target: str
    """The number, as the party could have dialled it."""


LegEvent = (
    Alerting
    | Answered
    | Failed
    | Ended
    | Redirected
    | MediaOffered
    | MediaAnswered
    | MediaRefused
    | TransferRequested
    | Digit
)
