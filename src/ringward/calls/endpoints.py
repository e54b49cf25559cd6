"""What the call engine needs of the world outside: legs to the registered contacts of a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ringward.calls.directory import LineAppearance
from ringward.calls.leg import Leg


class Endpoints(Protocol):
    """Makes outgoing legs; the call manager service implements it over its registrations."""

    def place(self, appearance: LineAppearance) -> Sequence[Leg]:
        """New idle legs to a line, one for each registered contact; none means that it is not registered.

        A leg that the engine does not use after all is hung up, like any other.
        """
