"""Which phones can read an encrypted configuration file, and how it is encrypted (CFGENC-11, CFGENC-12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_models import CAPABILITIES, PhoneCapability
from ringward.domain.rules.configuration_encryption import has_manual_key
from ringward.domain.vocabulary import ConfigurationEncryption
from ringward.store import phone_security
from ringward.store.criteria import Criterion

_ENCRYPTABLE = {
    key: row
    for key, row in CAPABILITIES.items()
    if row.configuration_encryption is not ConfigurationEncryption.NONE
}
_IS_ENCRYPTABLE = phone_security.is_one_of(_ENCRYPTABLE)
_HAS_MANUAL_KEY = phone_security.is_one_of([key for key, row in _ENCRYPTABLE.items() if has_manual_key(row)])


@dataclass(frozen=True, slots=True)
class EncryptablePhone:
    """A phone whose file can be encrypted."""

    phone: Phone
    capability: PhoneCapability

    @property
    def has_manual_key(self) -> bool:
        """Whether the file is encrypted with a key that is typed in on both sides, and not by a certificate."""
        return has_manual_key(self.capability)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What criteria find."""

    phones: tuple[EncryptablePhone, ...]
    """The first of them by name."""
    total: int
    others: int
    """Phones of models that cannot read an encrypted file."""
    manual: int
    """Phones with a key that is typed in."""
    without_key: int
    """Those of them that have none yet."""


class FileEncryption:
    """The use cases."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def outlook(self, actor: Actor, criteria: Sequence[Criterion], named: int) -> Outlook:
        """The phones that meet the criteria: how many of each kind, and the first by name."""
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            total = view.count(Phone, criteria, (_IS_ENCRYPTABLE,))
            return Outlook(
                _phones(view, criteria, named),
                total,
                view.count(Phone, criteria) - total,
                view.count(Phone, criteria, (_HAS_MANUAL_KEY,)),
                view.count(Phone, criteria, (_HAS_MANUAL_KEY, ~phone_security.has_symmetric_key())),
            )

    def find(self, actor: Actor, criteria: Sequence[Criterion], most: int) -> tuple[EncryptablePhone, ...]:
        """All phones that meet the criteria; raises :class:`Refused` if there are more than ``most``."""
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            total = view.count(Phone, criteria, (_IS_ENCRYPTABLE,))
            if total > most:
                raise Refused(f"{total} phones are too many at a time; find at most {most}")
            return _phones(view, criteria, most)


def _phones(view: View, criteria: Sequence[Criterion], limit: int) -> tuple[EncryptablePhone, ...]:
    found = view.search(Phone, criteria, (_IS_ENCRYPTABLE,), limit)
    return tuple(EncryptablePhone(each, _ENCRYPTABLE[each.model, each.protocol]) for each in found)
