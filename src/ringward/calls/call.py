"""A call: one calling party, those who are rung, and the one who answered.

=========  ==================  =======================================================================
leg        event               action
=========  ==================  =======================================================================
WAITING    Ended, Failed       the caller gave up: nobody rings any longer
PLACED     Alerting            the calling side hears it ring
PLACED     Answered            the others stop ringing, the calling side is connected
PLACED     Ended, Failed       one fewer who can answer; after the last one the set-up has failed
ALERTING   as PLACED
not yet    MediaOffered        refused: nothing has been agreed that could be changed
connected  TransferRequested   refused
CONNECTED  Ended, Failed       the call ends, or a transfer takes it over
CONNECTED  MediaOffered        relayed to the other party; refused while another offer is under way
CONNECTED  MediaAnswered       goes to the exchange that is under way
CONNECTED  MediaRefused        goes to the exchange that is under way
CONNECTED  TransferRequested   a blind transfer begins, or the other party is joined with the consulted one
=========  ==================  =======================================================================

What is not in the table changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import (
    Alerting,
    Answered,
    Cause,
    Ended,
    Failed,
    LegEvent,
    MediaAnswered,
    MediaOffered,
    MediaRefused,
    Redirection,
    TransferRequested,
)
from ringward.calls.features import attended_transfer
from ringward.calls.features.transfer import Transfer
from ringward.calls.media_exchange import ExchangeState, MediaExchange, PendingExchange
from ringward.calls.media_negotiation import permitted
from ringward.calls.reconciliation import Owed
from ringward.calls.records import CallDetailRecord, EndedBy
from ringward.domain.rules.call_security import NOT_CONNECTED, ignores_wideband, two_party_security
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode

if TYPE_CHECKING:
    from ringward.calls.digit_analysis import DialPlanEntry
    from ringward.calls.directory import LineAppearance
    from ringward.calls.engine import CallEngine
    from ringward.calls.leg import Leg
    from ringward.calls.media import MediaDescription
    from ringward.calls.set_up import SetUp


class CallState(IntEnum):
    """How far a call has come."""

    PROCEEDING = 0
    ALERTING = 1
    CONNECTED = 2
    ENDED = 3


_CAUSES_BY_WORTH = (
    Cause.CALL_REJECTED,
    Cause.USER_BUSY,
    Cause.NO_ANSWER,
    Cause.NO_USER_RESPONDING,
    Cause.INCOMPATIBLE_MEDIA,
    Cause.SUBSCRIBER_ABSENT,
)
"""Which of several failures tells a caller most: what a person did comes before what a network could not do."""

_MODES = {
    CallSecurityClass.NONSECURE: DeviceSecurityMode.NONSECURE,
    CallSecurityClass.AUTHENTICATED: DeviceSecurityMode.AUTHENTICATED,
    CallSecurityClass.ENCRYPTED: DeviceSecurityMode.ENCRYPTED,
}
"""A leg's class as the mode its device is registered in."""


class Call:
    """One call, from the dialled number to its record."""

    __slots__ = (
        "__weakref__",
        "answered_at",
        "called",
        "caller",
        "dialled",
        "engine",
        "entry",
        "exchange",
        "failures",
        "id",
        "offer",
        "redirections",
        "ringing",
        "ringing_until",
        "security",
        "set_up",
        "started_at",
        "state",
        "transfer",
        "transferred_from",
        "transferred_to",
        "waiting_since",
        "was_encrypted",
    )

    caller: Connection
    """The calling party; set by whoever makes the call, before anything else happens."""

    def __init__(self, engine: CallEngine, call_id: int, dialled: str, set_up: SetUp, started_at: float) -> None:
        self.engine = engine
        self.id = call_id
        self.dialled = dialled
        self.set_up = set_up
        self.started_at = self.waiting_since = started_at
        self.ringing_until: float | None = None
        """When a feature wants it to have rung for long enough; None if no feature does."""
        self.state = CallState.PROCEEDING
        self.entry: DialPlanEntry | None = None
        """What the dialled number, or the one that the call was redirected to, stands for."""
        self.redirections: tuple[Redirection, ...] = ()
        """The numbers that the call was for before, the first one first."""
        self.offer: MediaDescription | None = None
        """What the calling side offers; None asks the called side to offer."""
        self.ringing: list[Connection] = []
        """Those who can still answer."""
        self.failures: list[Cause] = []
        self.called: Connection | None = None
        """The one who answered."""
        self.answered_at: float | None = None
        self.exchange: PendingExchange | None = None
        self.transfer: Transfer | None = None
        """A transfer that one of the parties has asked for and that is not decided yet."""
        self.transferred_from: int | None = None
        self.transferred_to: int | None = None
        self.security = NOT_CONNECTED
        self.was_encrypted = False

    # -- setting up ---------------------------------------------------------------------------------------

    def route(self) -> None:
        """Find out what was dialled and ring it."""
        engine = self.engine
        line = self.caller.leg.appearance
        if line is not None and engine.occupancy.calls_at(line) > line.max_calls:  # this call is one of them
            self.set_up.failed(self, Cause.USER_BUSY)
            return
        entry = engine.analyse(self.dialled, self.caller.leg)
        if entry is None:
            self.set_up.failed(self, Cause.UNALLOCATED_NUMBER)
            return
        self.reach(entry)

    def reach(self, entry: DialPlanEntry) -> None:
        """Bring the call to what a number stands for."""
        self.entry = entry
        if entry.treatment is None:
            self.ring_lines(entry.lines)
        else:
            entry.treatment.begin(self, entry)

    def begin_again(self) -> None:
        """Forget how it went so far: other numbers are tried next, and get the whole time to answer."""
        self.state = CallState.PROCEEDING
        self.failures.clear()
        self.engine.waits_anew(self)

    def ring_lines(self, lines: Sequence[LineAppearance]) -> None:
        """Ring lines; the first to answer gets the call. Whoever cannot be rung is a failure with its cause."""
        for line in lines:
            self._reach(line)
        caller = self.caller.leg.party
        for connection in self.ringing:
            leg = connection.leg
            if self.redirections:
                leg.redirections = self.redirections
            leg.place(caller, leg.party, connection.told)
        if not self.ringing:
            self.set_up.failed(self, self._best_cause())

    def _reach(self, line: LineAppearance) -> None:
        engine = self.engine
        own = self.caller.leg.appearance
        if own is not None and own.device == line.device and own.index == line.index:
            self.failures.append(Cause.USER_BUSY)  # nobody rings at the line that calls
            return
        if engine.occupancy.calls_at(line) >= min(line.busy_trigger, line.max_calls):
            self.failures.append(Cause.USER_BUSY)
            return
        legs = engine.endpoints.place(line)
        if not legs:
            self.failures.append(Cause.SUBSCRIBER_ABSENT)
        for leg in legs:
            self._add_leg(leg)

    def _add_leg(self, leg: Leg) -> None:
        connection = self.engine.connect(self, leg, ConnectionState.PLACED)
        if self.offer is not None:
            connection.told = self.media_for(connection, self.offer, self.caller)
            if connection.told is None:
                connection.hang_up(Cause.INCOMPATIBLE_MEDIA)
                self.failures.append(Cause.INCOMPATIBLE_MEDIA)
                return
        self.ringing.append(connection)

    def no_answer(self) -> None:
        """It has rung for long enough."""
        self.failures.append(Cause.NO_ANSWER)
        self._stop_ringing(Cause.NO_ANSWER)
        self.set_up.failed(self, self._best_cause())

    def _best_cause(self) -> Cause:
        for cause in _CAUSES_BY_WORTH:
            if cause in self.failures:
                return cause
        return self.failures[0] if self.failures else Cause.SUBSCRIBER_ABSENT

    def _stop_ringing(self, cause: Cause) -> None:
        for connection in self.ringing:
            connection.hang_up(cause)
        self.ringing.clear()

    # -- events of legs -----------------------------------------------------------------------------------

    def handle(self, connection: Connection, event: LegEvent) -> None:
        """Take in what one of the call's legs tells."""
        handler = _TABLE[connection.state].get(type(event))
        if handler is not None:
            handler(self, connection, event)

    def _branch_alerting(self, connection: Connection, event: Alerting) -> None:
        connection.state = ConnectionState.ALERTING
        if event.media is not None:
            connection.media = event.media
        # With several who ring nobody knows whom the caller should hear; without an offer this is no answer.
        early = event.media if len(self.ringing) == 1 and self.offer is not None else None
        if self.state is CallState.PROCEEDING or early is not None:
            self.state = CallState.ALERTING
            self.set_up.alerting(self, connection, early)
            self.engine.changed(self)

    def _branch_answered(self, connection: Connection, event: Answered) -> None:
        media = event.media or connection.media
        if media is None:
            connection.hang_up(Cause.PROTOCOL_ERROR)
            self._lost(connection, Cause.PROTOCOL_ERROR)
            return
        self.ringing.remove(connection)
        if self.ringing:
            self._stop_ringing(Cause.ANSWERED_ELSEWHERE)
        connection.state = ConnectionState.CONNECTED
        self.called = connection
        self.state = CallState.CONNECTED
        self.answered_at = self.engine.clock()
        self.engine.waits_no_longer(self)
        self.set_up.answered(self, connection, media)
        self.media_changed()

    def _branch_failed(self, connection: Connection, event: Failed | Ended) -> None:
        connection.release()
        self._lost(connection, event.cause)

    def _lost(self, connection: Connection, cause: Cause) -> None:
        self.ringing.remove(connection)
        self.failures.append(cause)
        if not self.ringing:
            self.set_up.failed(self, self._best_cause())

    def _offer_too_early(self, connection: Connection, event: MediaOffered) -> None:
        connection.leg.refuse(Cause.OFFER_PENDING)

    def _transfer_too_early(self, connection: Connection, event: TransferRequested) -> None:
        connection.leg.transfer_progress(Cause.TEMPORARY_FAILURE, final=True)

    def _caller_gave_up(self, connection: Connection, event: Ended | Failed) -> None:
        connection.release()
        self.end(Cause.CANCELLED, EndedBy.CALLING)

    def _party_left(self, connection: Connection, event: Ended | Failed) -> None:
        connection.release()
        transfer = self.transfer
        if transfer is not None and transfer.goes_on_without(connection):
            return
        self.end(event.cause, self.side_of(connection))

    def _media_offered(self, connection: Connection, event: MediaOffered) -> None:
        other = self.other(connection)
        if other is None or self.exchange is not None:
            connection.leg.refuse(Cause.OFFER_PENDING)
            return
        if event.media is None:
            self.exchange = MediaExchange(self, other, connection, ExchangeState.SOLICITED)
            other.leg.offer(None)
            return
        offer = self.media_for(other, event.media, connection)
        if offer is None:
            connection.leg.refuse(Cause.INCOMPATIBLE_MEDIA)
            return
        self.exchange = MediaExchange(
            self, connection, other, ExchangeState.RELAYED, offer=event.media, shown=offer
        )
        other.leg.offer(offer)

    def _media_answered(self, connection: Connection, event: MediaAnswered) -> None:
        if self.exchange is not None:
            self.exchange.answered(connection, event.media)

    def _media_refused(self, connection: Connection, event: MediaRefused) -> None:
        if self.exchange is not None:
            self.exchange.refused(connection, event.cause)

    def _transfer_requested(self, connection: Connection, event: TransferRequested) -> None:
        if event.consulted is not None:
            attended_transfer.request(self, connection, event.consulted)
        else:
            Transfer.request(self, connection, event.target)

    # -- a connected call ---------------------------------------------------------------------------------

    def other(self, connection: Connection) -> Connection | None:
        """The other party of the connected call; None as long as nobody has answered."""
        return self.called if connection is self.caller else self.caller

    def side_of(self, connection: Connection) -> EndedBy:
        """Which side of the call a party is."""
        return EndedBy.CALLING if connection is self.caller else EndedBy.CALLED

    def begin_connected(self, caller: Connection, called: Connection) -> None:
        """Begin as a call of two who have been connected with others until now."""
        self.caller = caller
        self.called = called
        self.state = CallState.CONNECTED
        self.answered_at = self.engine.clock()
        self.engine.waits_no_longer(self)

    def move(self, connection: Connection, new: Call) -> Owed | None:
        """Let a party go to another call; returns what it still owes from this one."""
        self.transferred_to = new.id
        connection.call = new
        exchange, self.exchange = self.exchange, None
        return exchange.hand_over(connection) if exchange is not None else None

    def media_for(
        self, receiver: Connection, media: MediaDescription, sender: Connection
    ) -> MediaDescription | None:
        """What of ``sender``'s media ``receiver`` may be offered; None if nothing is left (ADMIN-33, MEDIA-17)."""
        one, other = sender.device, receiver.device
        secure = receiver.leg.security is CallSecurityClass.ENCRYPTED
        if one is None or other is None:
            return permitted(media, None, with_keys=secure)
        encrypted = secure and sender.leg.security is CallSecurityClass.ENCRYPTED and media.is_encrypted
        passed_over = encrypted and ignores_wideband(
            wideband_when_encrypted=(one.wideband_when_encrypted, other.wideband_when_encrypted),
            call_encrypted=encrypted,
        )
        limit = self.engine.directory().codec_limit(one.region, other.region)
        return permitted(media, limit, with_keys=secure, with_wideband=not passed_over)

    def await_first_answer(self, offerer: Connection, answerer: Connection, shown: MediaDescription) -> None:
        """The called side has made the offer of a call that was set up without one; the caller is shown it."""
        self.exchange = MediaExchange(self, offerer, answerer, ExchangeState.ANSWER_DUE, shown=shown)

    def media_changed(self) -> None:
        """Work out the call's security anew (CALL-04) and tell those who watch."""
        called = self.called
        if called is None or self.state is not CallState.CONNECTED:
            return
        caller = self.caller
        one, other = caller.leg.security, called.leg.security
        encrypted = (
            one is CallSecurityClass.ENCRYPTED
            and other is CallSecurityClass.ENCRYPTED
            and caller.media is not None
            and called.media is not None
            and caller.media.is_encrypted
            and called.media.is_encrypted
        )
        self.was_encrypted = self.was_encrypted or encrypted
        self.security = two_party_security(_MODES[one], _MODES[other], encrypted, self.was_encrypted)
        self.engine.changed(self)

    # -- the end ------------------------------------------------------------------------------------------

    def end(self, cause: Cause, ended_by: EndedBy) -> None:
        """End the call and every leg that is still in it, and make its record. Once is enough."""
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        transfer, self.transfer = self.transfer, None
        if transfer is not None:
            transfer.given_up()
        self._stop_ringing(Cause.CANCELLED)
        for connection in (self.caller, self.called):
            if connection is not None and connection.call is self:
                connection.hang_up(cause)
        self.exchange = None
        self.engine.ended(self, self._record(cause, ended_by))

    def _record(self, cause: Cause, ended_by: EndedBy) -> CallDetailRecord:
        caller, called, entry = self.caller, self.called, self.entry
        if called is not None:
            final_number = called.leg.party.number
        elif entry is None:
            final_number = self.dialled
        else:  # after a redirection the pattern says more than what was dialled
            final_number = entry.pattern.number or (entry.pattern.text if self.redirections else self.dialled)
        redirection = self.redirections[-1] if self.redirections else None
        return CallDetailRecord(
            self.id,
            self.started_at,
            self.answered_at,
            self.engine.clock(),
            caller.leg.party.number,
            caller.leg.party.name,
            caller.device.name if caller.device is not None else "",
            self.dialled,
            entry.partition if entry is not None else "",
            final_number,
            called.device.name if called is not None and called.device is not None else "",
            ended_by,
            None if ended_by is EndedBy.CALLED else cause,
            None if ended_by is EndedBy.CALLING else cause,
            self.security.call_class,
            self.security.reason,
            self.transferred_from,
            self.transferred_to,
            redirection.number if redirection is not None else "",
            redirection.reason.value if redirection is not None else "",
        )


_Handler = Callable[[Call, Connection, Any], None]

_NOT_YET: Mapping[type[Any], _Handler] = {
    MediaOffered: Call._offer_too_early,
    TransferRequested: Call._transfer_too_early,
}
_RINGING: Mapping[type[Any], _Handler] = {
    **_NOT_YET,
    Alerting: Call._branch_alerting,
    Answered: Call._branch_answered,
    Failed: Call._branch_failed,
    Ended: Call._branch_failed,
}
_TABLE: Mapping[ConnectionState, Mapping[type[Any], _Handler]] = {
    ConnectionState.WAITING: {**_NOT_YET, Ended: Call._caller_gave_up, Failed: Call._caller_gave_up},
    ConnectionState.PLACED: _RINGING,
    ConnectionState.ALERTING: _RINGING,
    ConnectionState.CONNECTED: {
        Ended: Call._party_left,
        Failed: Call._party_left,
        MediaOffered: Call._media_offered,
        MediaAnswered: Call._media_answered,
        MediaRefused: Call._media_refused,
        TransferRequested: Call._transfer_requested,
    },
    ConnectionState.ENDED: {},
}
