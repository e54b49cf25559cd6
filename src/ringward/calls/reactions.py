"""What a call does when one of its legs tells something.

=========  ==================  =======================================================================
leg        event               action
=========  ==================  =======================================================================
WAITING    Ended, Failed       the caller gave up: nobody rings any longer
PLACED     Alerting            the calling side hears it ring
PLACED     Answered            the others stop ringing, the calling side is connected
PLACED     Ended, Failed       one fewer who can answer; after the last one the set-up has failed; who would not
                               have encrypted media is offered RTP if the caller takes that
PLACED     Redirected          the call goes on to another number; if it cannot, as a refusal
ALERTING   as PLACED
not yet    MediaOffered        refused: nothing has been agreed that could be changed
connected  TransferRequested   refused
CONNECTED  Ended, Failed       the call ends, or a transfer takes it over
CONNECTED  MediaOffered        relayed to the other party; refused while another offer is under way; answered
                               by the call manager for a party that is parked
CONNECTED  MediaAnswered       goes to the exchange that is under way; without one the leg itself has had to say
                               again what its party was told, and the other party hears of what came of it
CONNECTED  MediaRefused        goes to the exchange that is under way
CONNECTED  Digit               passed on to the other party
CONNECTED  TransferRequested   a blind transfer begins, or the other party is joined with the consulted one
=========  ==================  =======================================================================

What is not in the table changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringward.calls import refusal, ringing
from ringward.calls.call import Call, CallState
from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Digit,
    Ended,
    Failed,
    LegEvent,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    Redirected,
    TransferRequested,
)
from ringward.calls.features import attended_transfer, deflection, park
from ringward.calls.features.transfer import Transfer
from ringward.calls.media_exchange import ExchangeState, MediaExchange
from ringward.calls.media_negotiation import as_answer
from ringward.calls.reconciliation import Reconciliation

_ALERTING, _CONNECTED = ConnectionState.ALERTING, ConnectionState.CONNECTED
_CALL_PROCEEDING, _CALL_ALERTING = CallState.PROCEEDING, CallState.ALERTING
"""What every call comes through: looking a member up in its enumeration is slow."""


def react(call: Call, connection: Connection, event: LegEvent) -> None:
    """Take in what one of the call's legs tells."""
    reaction = TABLE[connection.state].get(type(event))
    if reaction is not None:
        reaction(call, connection, event)


def _alerting(call: Call, connection: Connection, event: Alerting) -> None:
    connection.state = _ALERTING
    told, media = connection.told, event.media
    if media is not None and told is not None:
        media = as_answer(told, media)
    if media is not None:
        connection.media = media
    # With several who ring nobody knows whom the caller should hear; without an offer this is no answer.
    early = media if len(call.ringing) == 1 and told is not None else None
    if call.state is _CALL_PROCEEDING or early is not None:
        call.state = _CALL_ALERTING
        call.set_up.alerting(call, connection, early)
        call.engine.changed(call)


def _answered(call: Call, connection: Connection, event: Answered) -> None:
    media = event.media or connection.media
    if media is None:
        connection.hang_up(Cause.PROTOCOL_ERROR)
        ringing.lost(call, connection, Cause.PROTOCOL_ERROR)
        return
    if connection.told is not None:
        media = as_answer(connection.told, media)
        if media is None:
            connection.leg.hang_up(Cause.INCOMPATIBLE_MEDIA)
            ringing.declined(call, connection, refusal.NO_ANSWER_TO_OURS, answered=True)
            return
    call.ringing.remove(connection)
    connection.state = _CONNECTED
    call.answered_by(connection, media)


def _branch_failed(call: Call, connection: Connection, event: Failed | Ended) -> None:
    if event.cause is Cause.INCOMPATIBLE_MEDIA:
        ringing.declined(call, connection, event.detail)
        return
    connection.release()
    ringing.lost(call, connection, event.cause)


def _branch_redirected(call: Call, connection: Connection, event: Redirected) -> None:
    connection.release()
    deflection.deflect(call, connection, event.target)


def _offer_too_early(call: Call, connection: Connection, event: MediaOffered) -> None:
    connection.leg.refuse(Cause.OFFER_PENDING)


def _transfer_too_early(call: Call, connection: Connection, event: TransferRequested) -> None:
    connection.leg.transfer_progress(Cause.TEMPORARY_FAILURE, final=True)


def _gave_up(call: Call, connection: Connection, event: Ended | Failed) -> None:
    connection.release()
    call.end(Cause.CANCELLED, call.side_of(connection))


def _party_left(call: Call, connection: Connection, event: Ended | Failed) -> None:
    connection.release()
    transfer = call.transfer
    if transfer is not None and transfer.goes_on_without(connection):
        return
    call.end(event.cause, call.side_of(connection))


def _media_offered(call: Call, connection: Connection, event: MediaOffered) -> None:
    if call.state is CallState.PARKED:
        park.answer_offer(call, connection, event.media)
        return
    other = call.other(connection)
    if other is None or call.exchange is not None:
        connection.leg.refuse(Cause.OFFER_PENDING)
        return
    if event.media is None:
        call.exchange = MediaExchange(call, other, connection, ExchangeState.SOLICITED)
        other.leg.offer(None)
        return
    offer = call.media_for(other, event.media, connection)
    if offer is None:
        connection.leg.refuse(Cause.INCOMPATIBLE_MEDIA)
        return
    call.exchange = MediaExchange(call, connection, other, ExchangeState.RELAYED, offer=event.media, shown=offer)
    other.leg.offer(offer)


def _media_answered(call: Call, connection: Connection, event: MediaAnswered) -> None:
    if call.exchange is None:
        call.exchange = Reconciliation.after_its_own_offer(call, connection)
    call.exchange.answered(connection, event.media)


def _media_refused(call: Call, connection: Connection, event: MediaRefused) -> None:
    if call.exchange is not None:
        call.exchange.refused(connection, event.cause)


def _digit(call: Call, connection: Connection, event: Digit) -> None:
    other = call.other(connection)
    if other is not None:
        other.leg.send_digit(event.digit, event.duration)


def _transfer_requested(call: Call, connection: Connection, event: TransferRequested) -> None:
    if event.consulted is not None:
        attended_transfer.request(call, connection, event.consulted)
    else:
        Transfer.request(call, connection, event.target)


_Reaction = Callable[[Call, Connection, Any], None]

_NOT_YET: Mapping[type[Any], _Reaction] = {MediaOffered: _offer_too_early, TransferRequested: _transfer_too_early}
_RINGING: Mapping[type[Any], _Reaction] = {
    **_NOT_YET,
    Alerting: _alerting,
    Answered: _answered,
    Failed: _branch_failed,
    Ended: _branch_failed,
    Redirected: _branch_redirected,
}
TABLE: Mapping[ConnectionState, Mapping[type[Any], _Reaction]] = {
    ConnectionState.WAITING: {**_NOT_YET, Ended: _gave_up, Failed: _gave_up},
    ConnectionState.PLACED: _RINGING,
    ConnectionState.ALERTING: _RINGING,
    ConnectionState.CONNECTED: {
        Ended: _party_left,
        Failed: _party_left,
        MediaOffered: _media_offered,
        MediaAnswered: _media_answered,
        MediaRefused: _media_refused,
        TransferRequested: _transfer_requested,
        Digit: _digit,
    },
    ConnectionState.ENDED: {},
}
