"""A call: one calling party, those who are rung, and the one who answered.

What it does about the events of its legs is in :mod:`ringward.calls.reactions`, whom it rings in
:mod:`ringward.calls.ringing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from ringward.calls import refusal, ringing
from ringward.calls.connection import Connection
from ringward.calls.events import Cause, Redirection
from ringward.calls.media_exchange import ExchangeState, MediaExchange, PendingExchange
from ringward.calls.media_negotiation import answer_from, answerable, permitted
from ringward.calls.reconciliation import Owed
from ringward.calls.records import EndedBy, FeatureUse, detail_record
from ringward.domain.rules.call_security import NOT_CONNECTED, CallSecurity, ignores_wideband, two_party_security
from ringward.domain.vocabulary import DeviceSecurityMode

if TYPE_CHECKING:
    from ringward.calls.digit_analysis import DialPlanEntry
    from ringward.calls.engine import CallEngine
    from ringward.calls.features.park import ParkPlace
    from ringward.calls.features.transfer import Transfer
    from ringward.calls.media import MediaDescription
    from ringward.calls.set_up import SetUp


class CallState(IntEnum):
    """How far a call has come."""

    PROCEEDING = 0
    ALERTING = 1
    CONNECTED = 2
    ENDED = 3
    PARKED = 4
    """Its caller waits at a park number; nobody rings."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What happens to a call at a time; the action gets the call, so that neither keeps the other alive."""

    at: float
    action: Callable[[Call], None]


class Call:
    """One call, from the dialled number to its record."""

    __slots__ = (
        "__weakref__",
        "alarm",
        "answered_at",
        "called",
        "caller",
        "dialled",
        "engine",
        "entry",
        "exchange",
        "failures",
        "features",
        "id",
        "key_holders",
        "offer",
        "parked_at",
        "redirections",
        "refusal",
        "ringing",
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
        self.alarm: Alarm | None = None
        """What happens to it when, if nothing else does before; None if nothing does."""
        self.state = CallState.PROCEEDING
        self.entry: DialPlanEntry | None = None
        """What the dialled number, or the one that the call was redirected to, stands for."""
        self.redirections: tuple[Redirection, ...] = ()
        """The numbers that the call was for before, the first one first."""
        self.features: tuple[FeatureUse, ...] = ()
        """What features did with it, in order; for its record."""
        self.parked_at: ParkPlace | None = None
        """The park number at which it can be retrieved."""
        self.offer: MediaDescription | None = None
        """What the calling side offers; None asks the called side to offer."""
        self.key_holders = 0
        """How many phones have been shown the media keys that the calling side offers."""
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
        self.refusal: CallSecurity | None = None
        """What is said of it if it ends for want of media that both parties take."""
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
            ringing.ring(self, entry.lines)
        else:
            entry.treatment.begin(self, entry)

    def begin_again(self) -> None:
        """Forget how it went so far: other numbers are tried next, and get the whole time to answer."""
        self.state = CallState.PROCEEDING
        self.failures.clear()
        self.engine.waits_anew(self)

    def answered_by(self, connection: Connection, media: MediaDescription) -> None:
        """Connect the calling side with whoever answered it first; ``media`` is the answer, or an offer."""
        if self.ringing:
            ringing.stop(self, Cause.ANSWERED_ELSEWHERE)
        self.called = connection
        self.state = CallState.CONNECTED
        self.answered_at = self.engine.clock()
        self.engine.waits_no_longer(self)
        self.set_up.answered(self, connection, media)
        self.media_changed()
        if self.key_holders > 1 and self.exchange is None:
            self._exclude_other_key_holders()

    def _exclude_other_key_holders(self) -> None:
        """Have the calling side offer other keys: phones that rang and did not answer know these (MEDIA-07)."""
        called = self.called
        if called is not None and self.state is CallState.CONNECTED and self._is_encrypted(called):
            self.fetch_offer(self.caller, called)

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
        secure = receiver.encrypts and sender.encrypts
        falls_back = not secure and sender.leg.falls_back
        if one is None or other is None:
            return permitted(media, None, with_keys=secure, falls_back=falls_back)
        encrypted = secure and media.is_encrypted
        passed_over = encrypted and ignores_wideband(
            wideband_when_encrypted=(one.wideband_when_encrypted, other.wideband_when_encrypted),
            call_encrypted=encrypted,
        )
        limit = self.engine.directory().codec_limit(one.region, other.region)
        return permitted(media, limit, with_keys=secure, falls_back=falls_back, with_wideband=not passed_over)

    def answer_for(
        self, offerer: Connection, offer: MediaDescription, answer: MediaDescription
    ) -> MediaDescription | None:
        """An answer as ``offerer`` may be given it: no keys over signalling that could be read.

        None if it demands encryption and would get none: it is never left to believe that it is alone.
        """
        return answerable(offer, answer, with_keys=offerer.encrypts, falls_back=offerer.leg.falls_back)

    def answer_meanwhile(self, offerer: Connection, offer: MediaDescription | None) -> bool:
        """Answer an offer with what its party was told before, until it is told something new.

        Returns whether it could be: who demands encryption gets no answer in the clear, but silence for now.
        """
        told = offerer.told
        if offer is None or told is None:
            return False
        made_up = answer_from(offer, told)
        answer = self.answer_for(offerer, offer, made_up) if made_up is not None else None
        offerer.leg.accept(answer if answer is not None else offer.declined())
        return answer is not None

    @property
    def needs_new_keys(self) -> bool:
        """Whether two who may be told each other's keys have none, or keys that others were told before.

        Such are two who were connected with somebody else until now, in the clear or not (MEDIA-07 to MEDIA-09).
        """
        called = self.called
        if called is None or not self._keys_may_be_sent(called):
            return False
        return not (
            self._is_encrypted(called) and self._knows(called, self.caller) and self._knows(self.caller, called)
        )

    def _knows(self, receiver: Connection, sender: Connection) -> bool:
        """Whether a party was told the other's media as it is."""
        return sender.media is not None and receiver.told == self.media_for(receiver, sender.media, sender)

    def _keys_may_be_sent(self, called: Connection) -> bool:
        return self.caller.encrypts and called.encrypts

    def _is_encrypted(self, called: Connection) -> bool:
        """Whether both parties encrypt, and both know that of the other."""
        caller = self.caller
        return all(
            media is not None and media.is_encrypted
            for media in (caller.media, caller.told, called.media, called.told)
        )

    def fetch_offer(self, offerer: Connection, answerer: Connection) -> None:
        """Ask a party to offer anew, and offer that to the other one."""
        self.exchange = MediaExchange(self, offerer, answerer, ExchangeState.FETCHED)
        offerer.leg.offer(None)

    def await_first_answer(self, offerer: Connection, answerer: Connection, shown: MediaDescription) -> None:
        """The called side has made the offer of a call that was set up without one; the caller is shown it."""
        self.exchange = MediaExchange(self, offerer, answerer, ExchangeState.ANSWER_DUE, shown=shown)

    def media_changed(self) -> None:
        """Work out the call's security anew (CALL-04) and tell those who watch."""
        called = self.called
        if called is None or self.state is not CallState.CONNECTED:
            return
        caller = self.caller
        encrypted = self._keys_may_be_sent(called) and self._is_encrypted(called)
        self.was_encrypted = self.was_encrypted or encrypted
        self.security = security = two_party_security(
            caller.mode,
            called.mode,
            encrypted,
            self.was_encrypted,
            srtp=(caller.has_srtp, called.has_srtp),
            await_reset=(caller.awaits_reset, called.awaits_reset),
        )
        caller.leg.notice_security(security)
        called.leg.notice_security(security)
        self.engine.changed(self)

    def mode_of(self, connection: Connection | None) -> DeviceSecurityMode | None:
        """The mode in which a party's device is registered; None unless the call has been answered."""
        return None if connection is None or self.answered_at is None else connection.mode

    # -- the end ------------------------------------------------------------------------------------------

    def end(self, cause: Cause, ended_by: EndedBy) -> None:
        """End the call and every leg that is still in it, and make its record. Once is enough."""
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        if cause is Cause.INCOMPATIBLE_MEDIA:
            self._note_refusal()
        transfer, self.transfer = self.transfer, None
        if transfer is not None:
            transfer.given_up()
        if self.ringing:
            ringing.stop(self, Cause.CANCELLED)
        for connection in (self.caller, self.called):
            if connection is not None and connection.call is self:
                connection.hang_up(cause)
        self.exchange = None
        self.engine.ended(self, detail_record(self, cause, ended_by))

    def _note_refusal(self) -> None:
        """It ends for want of media that both take: keep why, if that is a matter of security."""
        if self.called is not None and self.refusal is None:
            refusal.note(self, self.caller, self.called)
        if self.refusal is not None:
            self.security = self.refusal
