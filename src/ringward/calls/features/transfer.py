"""Blind transfer: one party has the other one connected to a third, and leaves.

The new call has the transferee as its caller from the start; the transferee's leg stays in the old call until the
target answers or the transferor hangs up, so that a transfer that fails leaves everything as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.calls.connection import Connection
from ringward.calls.events import Cause
from ringward.calls.reconciliation import Reconciliation
from ringward.calls.records import EndedBy

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.digit_analysis import DialPlanEntry
    from ringward.calls.directory import LineAppearance
    from ringward.calls.media import MediaDescription


class Transfer:
    """A blind transfer, from the request to the target's answer. It waits for the target in the caller's stead."""

    __slots__ = ("_new", "_old", "_transferee", "_transferor")

    def __init__(self, old: Call, transferor: Connection, transferee: Connection) -> None:
        self._old: Call | None = old
        """The call of transferor and transferee; None once the transferee has left it, or the transfer is over."""
        self._new: Call | None = None
        """The call of transferee and target; None before it begins."""
        self._transferor = transferor
        self._transferee = transferee

    @staticmethod
    def request(call: Call, transferor: Connection, target: str) -> None:
        """Begin, or tell the transferor why not. The target must be in the transferor's own search space."""
        transferee = call.other(transferor)
        if transferee is None or transferee.media is None or transferee.told is None or call.transfer is not None:
            # Nobody to transfer, or its first media is not agreed yet, or a transfer is under way already.
            transferor.leg.transfer_progress(Cause.TEMPORARY_FAILURE, final=True)
            return
        entry = call.engine.analyse(target, transferor.leg)
        if entry is None:
            transferor.leg.transfer_progress(Cause.UNALLOCATED_NUMBER, final=True)
            return
        call.transfer = Transfer(call, transferor, transferee)
        call.transfer._begin(call, target, entry, transferee.media)

    def _begin(self, old: Call, target: str, entry: DialPlanEntry, media: MediaDescription) -> None:
        self._new = new = old.engine.new_call(target, self)
        new.caller = self._transferee
        new.offer = media.to_be_heard()
        new.transferred_from = old.id
        new.was_encrypted = old.was_encrypted
        old.engine.changed(old)
        new.reach(entry)

    # -- news of the target, as of any call that is being set up ------------------------------------------

    def alerting(self, call: Call, connection: Connection, media: MediaDescription | None) -> None:
        """The target rings: tell the transferor, if it is still there."""
        if self._old is not None:
            self._transferor.leg.transfer_progress(None, final=False)

    def answered(self, call: Call, connection: Connection, media: MediaDescription) -> None:
        """The target is there: connect it with the transferee and let the transferor go."""
        connection.answered(media)
        self.let_go(call)
        transferee = self._transferee.leg
        transferee.identify(connection.leg.party)
        connection.leg.identify(transferee.party)
        if call.exchange is None:
            Reconciliation(call).start()

    def failed(self, call: Call, cause: Cause) -> None:
        """The target cannot be had: the transferor keeps the call; if it has left, the transferee is told."""
        old, self._old = self._old, None
        if old is not None:
            old.transfer = None
            self._transferor.leg.transfer_progress(cause, final=True)
            old.engine.changed(old)
        call.end(cause, EndedBy.CALLED)

    def let_go(self, call: Call) -> LineAppearance | None:
        """The transferee is looked after, as at a park number: the transferor is done."""
        old = self._old
        if old is not None:
            self._take_over(old, call)
            self._transferor.leg.transfer_progress(None, final=True)
            old.end(Cause.NORMAL, old.side_of(self._transferor))
        return self._transferor.leg.appearance

    # -- hang-ups before the target answers ---------------------------------------------------------------

    def goes_on_without(self, connection: Connection) -> bool:
        """Whether the transfer goes on though a party of the old call has left it: if it was the transferor."""
        old = self._old
        if old is None or self._new is None or connection is not self._transferor:
            return False
        self._take_over(old, self._new)
        old.end(Cause.NORMAL, old.side_of(connection))
        return True

    def given_up(self) -> None:
        """The old call ends: nobody is to be connected with the target any longer."""
        self._old = None
        self._transferor.leg.transfer_progress(Cause.CANCELLED, final=True)
        if self._new is not None:
            self._new.end(Cause.CANCELLED, EndedBy.CALLING)

    def _take_over(self, old: Call, new: Call) -> None:
        """Move the transferee, with what it still owes, from the old call to the new one."""
        self._old = None
        old.transfer = None
        owed = old.move(self._transferee, new)
        if owed is not None:
            new.exchange = Reconciliation(new, {self._transferee: owed})
