"""Before the cluster goes into mixed mode: what becomes of each phone. After it: who holds the new CTL file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.administration.trust_list_rules import reasons_by_list
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.rules.readiness import Readiness, readiness_of
from ringward.files.envelope import SignerId
from ringward.pki.listing import listed
from ringward.store import phone_security, trust_lists
from ringward.store.phone_security import PhoneGroup


@dataclass(frozen=True, slots=True)
class ReadyPhone:
    """A phone in the report."""

    device: str
    description: str
    model: str
    profile: str
    note: str
    """Why, if it would be left behind."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The phones of which the same is to be expected."""

    readiness: Readiness
    count: int
    phones: tuple[ReadyPhone, ...]
    """The first of them."""


class HeldTrustList(Enum):
    """Which CTL file a phone is known to hold."""

    NONE = "none"
    PRESENT = "the one in force"
    OTHER = "another one than that in force"


@dataclass(frozen=True, slots=True)
class Holders:
    """How many phones are known to hold which CTL file."""

    present: int
    older: int
    unknown: int
    """Phones that have not fetched any here."""


class ReadinessReport:
    """The use cases."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def expectations(self, actor: Actor, signer: bytes = b"", named: int = 20) -> tuple[Expectation, ...]:
        """What becomes of all phones, the worst first, with the first phones of each kind by name.

        ``signer``: certificate of the token that is to sign, if it is known.
        """
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            behind = reasons_by_list(view.connection, SignerId.of(listed(signer))) if signer else {}
            by_readiness: dict[Readiness, list[PhoneGroup]] = {each: [] for each in Readiness}
            for group in phone_security.groups(view.connection, behind):
                by_readiness[_readiness(group)].append(group)
            return tuple(
                Expectation(
                    readiness,
                    sum(each.count for each in groups),
                    tuple(
                        ReadyPhone(row.device, row.description, row.model, row.profile, behind.get(held, ""))
                        for row, held in phone_security.of_groups(view.connection, groups, named, behind)
                    ),
                )
                for readiness, groups in by_readiness.items()
                if groups
            )

    def holders(self, actor: Actor) -> Holders:
        """Which CTL file the phones are known to hold."""
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            present = trust_lists.current(view.connection)
            held = trust_lists.holders(view.connection)
            every = view.count(Phone)
        known = sum(held.values())
        with_present = held.get(present.hash, 0) if present is not None else 0
        return Holders(with_present, known - with_present, every - known)

    def held_by(self, actor: Actor, device: str) -> HeldTrustList:
        """Which CTL file one phone is known to hold."""
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            held, present = trust_lists.held_by(view.connection, device), trust_lists.current(view.connection)
        if held is None:
            return HeldTrustList.NONE
        return HeldTrustList.PRESENT if present is not None and present.hash == held else HeldTrustList.OTHER


def _readiness(group: PhoneGroup) -> Readiness:
    return readiness_of(
        capability_of(group.model, group.protocol),
        group.mode,
        has_certificate=group.has_certificate,
        left_behind=bool(group.held_list),
    )
