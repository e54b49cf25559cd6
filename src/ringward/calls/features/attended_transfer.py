"""Attended transfer: one party of two calls joins the two others, and leaves both (RFC 5589 section 7).

It happens at once or not at all: what stands in its way is told to the transferor, and both calls are as they
were. The joined parties get a call of their own, so that each of the three calls has its record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.calls.events import Cause
from ringward.calls.reconciliation import Reconciliation
from ringward.calls.set_up import WAITING_CALLER

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.connection import Connection
    from ringward.calls.leg import Leg


def request(call: Call, transferor: Connection, consulted: Leg) -> None:
    """Join the other party of ``call`` with the one whom the transferor talks to by its leg ``consulted``."""
    own = consulted.connection
    other_call = own.call if own is not None else None
    if own is None or other_call is None or other_call is call:
        transferor.leg.transfer_progress(Cause.NO_SUCH_CALL, final=True)
        return
    transferee, target = joinable(call, transferor), joinable(other_call, own)
    if transferee is None or target is None:
        transferor.leg.transfer_progress(Cause.TEMPORARY_FAILURE, final=True)
        return
    new = call.engine.new_call(_number_of(target, other_call), WAITING_CALLER)
    new.entry = other_call.entry if target is other_call.called else None
    new.transferred_from = call.id
    new.was_encrypted = call.was_encrypted or other_call.was_encrypted
    new.begin_connected(transferee, target)
    debts = {}
    for party, old, leaving in ((transferee, call, transferor), (target, other_call, own)):
        owed = old.move(party, new)
        if owed is not None:
            debts[party] = owed
        unhold(party)
        if leaving is transferor:
            transferor.leg.transfer_progress(None, final=True)
        old.end(Cause.NORMAL, old.side_of(leaving))
    transferee.leg.identify(target.leg.party)
    target.leg.identify(transferee.leg.party)
    new.media_changed()
    Reconciliation.begin(new, debts)


def joinable(call: Call, leaving: Connection) -> Connection | None:
    """The party that stays when ``leaving`` goes; None if it cannot be joined with anybody now.

    Its call must be connected and its first media agreed, and no other transfer of it may be under way.
    """
    staying = call.other(leaving)
    if call.called is None or staying is None or call.transfer is not None:
        return None
    return staying if staying.media is not None and staying.told is not None else None


def unhold(party: Connection) -> None:
    """Let whom the leaving party held be heard again; who holds by itself goes on holding."""
    if party.media is not None and not party.holding:
        party.media = party.media.to_be_heard()


def _number_of(target: Connection, call: Call) -> str:
    return call.dialled if target is call.called else target.leg.party.number
