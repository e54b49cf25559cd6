"""Settings > Security Configuration: what the phone trusts and holds, and how its CTL file is erased.

The menu is locked; the keys ``**#`` unlock it until something was erased (CTL-20). Where the administrator has
disabled or restricted Settings Access there is no menu (HARD-12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from ringward.domain.errors import Refused
from ringward.domain.phone_models import capability_of
from ringward.domain.rules.configuration_encryption import has_manual_key
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol
from ringward.files.trust_list import Record, TrustListKind
from ringward.phone.file_security import FileSecurity
from ringward.phone.identity import Identity

UNLOCK = "**#"
_SHOWS_MD5 = frozenset({"7940", "7960"})
"""Models that show the MD5 checksum of their list; later ones show SHA-1."""


class SecurityMenu:
    """The menu of one phone."""

    def __init__(
        self, identity: Identity, security: FileSecurity, is_shown: Callable[[], bool] = lambda: True
    ) -> None:
        """``is_shown``: whether the Settings button leads here."""
        self._identity = identity
        self._security = security
        self._is_shown = is_shown
        self._is_unlocked = False
        self.operation = "None"
        """What became of the latest certificate operation, or how far it is."""

    @property
    def is_locked(self) -> bool:
        """Whether nothing can be changed here."""
        return not (self._is_unlocked and self._is_shown())

    def press(self, keys: str) -> None:
        """Press keys in the menu. Raises :class:`Refused` when they do nothing."""
        self.check_shown()
        if keys != UNLOCK:
            raise Refused(f"these keys do nothing here; {UNLOCK} unlocks the menu")
        self._is_unlocked = True

    def check_shown(self) -> None:
        """Raise :class:`Refused` if the Settings button does not lead here (HARD-12)."""
        if not self._is_shown():
            raise Refused("the Settings button shows nothing: the administrator has disabled Settings Access")

    def erase_trust_lists(self) -> None:
        """Erase in the CTL file's screen. Raises :class:`Refused` while the menu is locked."""
        self.lock_again()
        self._security.trust.erase()

    def accept_symmetric_key(self, digits: str) -> None:
        """Enter a symmetric key and press Accept. Raises :class:`Refused`."""
        if self.is_locked:
            raise Refused(f"the security menu is locked: press {UNLOCK} first")
        self._security.accept_symmetric_key(self._identity.model, digits)
        self._is_unlocked = False

    def delete_symmetric_key(self) -> None:
        """Delete the symmetric key. Raises :class:`Refused`."""
        self.lock_again()
        self._security.delete_symmetric_key(self._identity.model)

    def enter_digest_credentials(self, user: str, password: Secret) -> None:
        """Enter digest user name and password. Raises :class:`Refused`."""
        self.lock_again()
        self._security.enter_digest_credentials(self._identity.model, user, password)

    def lock_again(self) -> None:
        """Do what needs an unlocked menu, which locks it again. Raises :class:`Refused`."""
        if self.is_locked:
            raise Refused(f"the security menu is locked: press {UNLOCK} first")
        self._is_unlocked = False

    def lines(self, mode: DeviceSecurityMode | None) -> Iterator[tuple[str, str]]:
        """Label and value of each line (PHONE-06); ``mode`` is the one in force, None before the first boot."""
        if not self._is_shown():
            yield "Settings", "disabled by the administrator"
            return
        security = self._security
        yield "Security Mode", mode.label if mode is not None else "unknown"
        yield "LSC", "Installed" if security.keys.lsc is not None else "Not Installed"
        yield "MIC", "Installed" if security.keys.mic is not None else "Not Installed"
        yield "CAPF Operation", self.operation
        for kind, title in ((TrustListKind.CTL, "CTL File"), (TrustListKind.ITL, "ITL File")):
            held = security.trust.held(kind)
            if held is None:
                yield title, "Not Installed"
                continue
            yield title, held.checksums[0 if self._identity.model in _SHOWS_MD5 else 1]
            signed = datetime.fromtimestamp(held.file.timestamp, UTC)
            yield "  Signed", f"{signed:%Y-%m-%d %H:%M:%S} UTC by {held.file.header.signer.name}"
            for record in held.file.trust.records:
                yield f"  {record.role.label}", _shown(record)
        row = capability_of(self._identity.model, Protocol.SIP)
        if row is not None and has_manual_key(row):
            yield "Symmetric Key", "Entered" if security.symmetric_key is not None else "Not Entered"
        yield from security.verdicts.items()
        yield "Menu", "locked" if self.is_locked else "unlocked"


def _shown(record: Record) -> str:
    certificate = record.certificate.subject if record.certificate is not None else "no certificate"
    return f"{record.host}: {certificate}" if record.host else certificate
