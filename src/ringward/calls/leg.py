"""A leg: one party's connection to the call manager, whatever wire it speaks.

A service makes a concrete leg for its protocol. The engine gives orders by calling the methods; the leg tells what
happened by calling ``listener`` with itself and an event. Orders never block and never raise for the peer's
behaviour; whatever goes wrong later comes back as an event.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringward.calls.events import Cause, LegEvent, Party, Redirection
from ringward.calls.media import MediaDescription
from ringward.domain.rules.call_security import CallSecurity
from ringward.domain.vocabulary import CallSecurityClass

if TYPE_CHECKING:
    from ringward.calls.connection import Connection
    from ringward.calls.directory import LineAppearance

LegListener = Callable[["Leg", LegEvent], None]


class Leg(ABC):
    """One party of a call. Incoming: the party called us. Outgoing: we call the party."""

    __slots__ = ("appearance", "connection", "is_silent", "listener", "party", "redirections", "security", "shown")

    def __init__(self, party: Party, appearance: LineAppearance | None, security: CallSecurityClass) -> None:
        self.party = party
        """Who is at the far end of this leg."""
        self.appearance = appearance
        """The line of a device that the leg uses; None where no configured device is behind it."""
        self.security = security
        """Class of this leg's signalling and media as they are now."""
        self.redirections: tuple[Redirection, ...] = ()
        """The numbers that the call was for before it came to this party, the first one first (RFC 5806)."""
        self.is_silent = False
        """Whether an outgoing leg is to be shown at the phone without a sound (do not disturb)."""
        self.listener: LegListener | None = None
        """Where events go; set by the engine."""
        self.connection: Connection | None = None
        """The engine's own record of this leg's place in a call; None before and after."""
        self.shown = CallSecurityClass.NONSECURE
        """How secure a call the party was last told to show; a leg that goes to another call takes it along."""

    @property
    def falls_back(self) -> bool:
        """Whether the party takes media in the clear in answer to an offer that demands encryption (MEDIA-08)."""
        return False

    def another(self) -> Leg | None:
        """A new leg to the very place that this one was placed to; None if that cannot be."""
        return None

    # -- outgoing legs ------------------------------------------------------------------------------------

    @abstractmethod
    def place(self, caller: Party, called: Party, media: MediaDescription | None) -> None:
        """Ring the party: show ``caller``, offer ``media`` (None: ask the party to offer)."""

    # -- incoming legs ------------------------------------------------------------------------------------

    @abstractmethod
    def ring(self, called: Party, media: MediaDescription | None) -> None:
        """Tell the caller that ``called`` is ringing; with ``media`` the caller hears early media."""

    @abstractmethod
    def answer(self, called: Party, media: MediaDescription | None) -> None:
        """Connect the caller. ``media`` answers its offer, or offers if it made none."""

    @abstractmethod
    def reject(self, cause: Cause) -> None:
        """Refuse the caller."""

    # -- established legs ---------------------------------------------------------------------------------

    @abstractmethod
    def offer(self, media: MediaDescription | None) -> None:
        """Offer new media (None: ask for an offer); answered by MediaAnswered or MediaRefused."""

    @abstractmethod
    def accept(self, media: MediaDescription) -> None:
        """Answer the offer that the far side made (MediaOffered, or Answered to an offerless call)."""

    @abstractmethod
    def refuse(self, cause: Cause) -> None:
        """Refuse the offer that the far side made; the media before it stands."""

    @abstractmethod
    def transfer_progress(self, cause: Cause | None, *, final: bool) -> None:
        """Tell the party that asked for a transfer how it goes: None is success, or ringing if not final."""

    @abstractmethod
    def identify(self, party: Party) -> None:
        """Show that the party at the other end of the call has changed (after a transfer)."""

    def send_digit(self, digit: str, duration: int) -> None:
        """Pass a key on that the other party pressed for ``duration`` milliseconds.

        A leg whose wire has no way for that leaves it: then keys are heard in the media only.
        """
        del digit, duration

    @abstractmethod
    def show_security(self, security: CallSecurity) -> None:
        """Show how secure the call is from now on; a party that cannot show it shows nothing (CALL-17)."""

    def notice_security(self, security: CallSecurity) -> None:
        """How secure the call is was worked out anew: have it shown, unless that is shown already."""
        if self.shown is not security.call_class:
            self.shown = security.call_class
            self.show_security(security)

    # -- any state ----------------------------------------------------------------------------------------

    @abstractmethod
    def hang_up(self, cause: Cause = Cause.NORMAL) -> None:
        """End the leg, whatever state it is in (give up, refuse or hang up). No further event comes from it."""
