"""Why a call is refused, or ends, for the sake of security: a party takes no media in the clear (MEDIA-08).

The reason stays in the call's record, so that whoever wonders about a call that failed is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.domain.rules.call_security import CallSecurity, LegSecurity, refusal
from ringward.domain.vocabulary import CallSecurityClass

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection


NO_ANSWER_TO_OURS = "answered with a key that fits none of those offered"
"""What is said of a phone whose answer does not belong to its offer."""


def note(call: Call, one: Connection, other: Connection, *, answered: bool = False) -> None:
    """Keep the reason why two cannot be connected, if it is that one of them takes no media in the clear.

    ``answered``: ``other`` gave an answer in the clear, whatever it might have done.
    """
    for demanding, hindering in ((one, other), (other, one)):
        media = demanding.media
        if media is not None and media.demands_encryption and not demanding.leg.falls_back:
            _keep(call, demanding, hindering, f"{_who(call, hindering)} answered in the clear" if answered else "")
            return


def note_wrong_answer(call: Call, connection: Connection) -> None:
    """Keep that what a phone answered is no answer to what it was offered."""
    reason = f"refused because {_who(call, connection)} {NO_ANSWER_TO_OURS}"
    call.refusal = CallSecurity(CallSecurityClass.NONSECURE, reason)


def note_declined(call: Call, connection: Connection, detail: str) -> None:
    """Keep the reason why a phone that can encrypt would not have the media that it was offered.

    ``detail``: what it said. Of a phone that cannot it is not known that security has to do with it.
    """
    told, caller = connection.told, call.caller
    if told is None or not connection.encrypts:
        return
    if not told.demands_encryption:
        _keep(call, connection, caller)
    else:
        _keep(call, caller, connection, f"{_who(call, connection)} did not accept its encrypted media ({detail})")


def _keep(call: Call, demanding: Connection, hindering: Connection, did: str = "") -> None:
    parties = tuple(
        LegSecurity(
            _who(call, each), each.mode, media_encrypted=True, srtp=each.has_srtp, awaits_reset=each.awaits_reset
        )
        for each in (demanding, hindering)
    )
    call.refusal = refusal(_who(call, demanding), parties, did) or call.refusal


def _who(call: Call, connection: Connection) -> str:
    if connection is call.caller:
        return "the calling phone"
    return "the called phone" if connection.call is call else "the other phone"
