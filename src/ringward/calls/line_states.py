"""How the lines with a number are used at this moment, and who is told when that changes.

For phones that share a number and show it as in use elsewhere, and for lamps of other phones (RFC 4235). Nothing
of this costs a call anything as long as nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ringward.calls.connection import Connection, ConnectionState
from ringward.calls.events import Party
from ringward.calls.watching import StopWatching, Watchers

if TYPE_CHECKING:
    from ringward.calls.call import Call
    from ringward.calls.directory import Directory
    from ringward.calls.leg import Leg
    from ringward.calls.line_occupancy import LineOccupancy

Number = tuple[str, str]
"""A directory number and its partition."""


class LineUse(Enum):
    """What a line does in a call, in the words of RFC 4235 section 3.7.1."""

    TRYING = "trying"
    """It calls, or is being called and has not rung yet."""
    EARLY = "early"
    """It rings, here or at the other end."""
    CONFIRMED = "confirmed"
    """It is connected."""


@dataclass(frozen=True, slots=True)
class LineCall:
    """A call at one of the lines with a number."""

    call_id: int
    device: str
    use: LineUse
    outgoing: bool
    """Whether the line is the calling one."""
    is_holding: bool
    """Whether it has put the other side on hold: then another phone with the number may take the call over."""
    other: Party
    """Who is at the other end; until somebody answers, what was dialled."""
    leg: Leg
    """The leg at the line; who takes the call over replaces it."""


class LineStates:
    """See the module; one for each engine."""

    __slots__ = ("_directory", "_occupancy", "_watchers", "news")

    def __init__(self, occupancy: LineOccupancy, directory: Callable[[], Directory]) -> None:
        self._occupancy = occupancy
        self._directory = directory
        self._watchers: Watchers[Number] = Watchers()
        self.news: dict[Number, None] = {}
        """What has changed and was not told yet, in order; always the same object."""

    def watch(self, number: str, partition: str, tell: Callable[[Number], None]) -> StopWatching:
        """Have ``tell`` called after each step in which something changed at the lines with a number.

        Returns what ends it. ``tell`` must not give orders to the engine by itself.
        """
        stop = self._watchers.watch((number, partition), tell)
        self._occupancy.on_change = self._connection_changed

        def stopped() -> None:
            stop()
            if not len(self._watchers):
                self._occupancy.on_change = None
                self.news.clear()

        return stopped

    def of(self, number: str, partition: str) -> tuple[LineCall, ...]:
        """The calls at the lines with a number."""
        lines = self._directory().numbers.get((number, partition), ())
        return tuple(
            _line_call(connection, connection.call)
            for line in lines
            for connection in self._occupancy.at(line)
            if connection.call is not None
        )

    # -- for the engine -----------------------------------------------------------------------------------

    def call_changed(self, call: Call) -> None:
        """Something about a call has changed: its state, or who holds."""
        called = (call.called,) if call.called is not None else ()
        for connection in (call.caller, *called, *call.ringing):
            self._connection_changed(connection)

    def tell(self) -> None:
        """A step is over: tell whoever watches what has changed in it."""
        news = tuple(self.news)
        self.news.clear()
        for number in news:
            self._watchers.tell(number)

    def _connection_changed(self, connection: Connection) -> None:
        line = connection.leg.appearance
        if line is not None and (number := (line.number, line.partition)) in self._watchers:
            self.news[number] = None


def _line_call(connection: Connection, call: Call) -> LineCall:
    outgoing = connection is call.caller
    other = call.other(connection)
    line = connection.leg.appearance
    return LineCall(
        call.id,
        line.device if line is not None else "",
        _use(connection, call),
        outgoing,
        connection.holding,
        other.leg.party if other is not None else Party(call.dialled),
        connection.leg,
    )


def _use(connection: Connection, call: Call) -> LineUse:
    if connection.state is ConnectionState.CONNECTED:
        return LineUse.CONFIRMED
    if connection.state is ConnectionState.PLACED:
        return LineUse.TRYING
    rings_there = connection.state is ConnectionState.WAITING and any(
        each.state is ConnectionState.ALERTING for each in call.ringing
    )
    return LineUse.EARLY if connection.state is ConnectionState.ALERTING or rings_there else LineUse.TRYING
