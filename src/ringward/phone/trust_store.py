"""The trust lists a phone holds: the first is believed, each later one needs the signature of a token in it.

A new list is verified whole before anything is kept, and the old one stays when the new one is refused.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from hashlib import md5, sha1

from ringward.domain.listed_certificate import ListedCertificate
from ringward.files import trust_list
from ringward.files.envelope import Fault, RefusedFile, Verifier
from ringward.files.trust_list import TrustList, TrustListFile, TrustListKind
from ringward.phone.flash import Flash, Item

_ITEMS = {TrustListKind.CTL: Item.CTL, TrustListKind.ITL: Item.ITL}


@dataclass(frozen=True, slots=True)
class Held:
    """A list that the phone holds."""

    file: TrustListFile
    content: bytes

    @property
    def checksums(self) -> tuple[str, str]:
        """MD5 and SHA-1 of the file; the first is what 7940 and 7960 show, the second what later models show."""
        weak = md5(self.content, usedforsecurity=False).hexdigest()
        return weak, sha1(self.content, usedforsecurity=False).hexdigest()


class TrustStore:
    """CTL and ITL of one phone."""

    def __init__(self, flash: Flash, verify: Verifier) -> None:
        self._flash = flash
        self._verify = verify
        self._held: dict[TrustListKind, Held] = {}
        for kind, item in _ITEMS.items():
            content = flash.read(item)
            if content is not None:
                with suppress(RefusedFile):  # a worn-out flash is an empty one
                    self._held[kind] = Held(trust_list.parse(content), content)

    def held(self, kind: TrustListKind) -> Held | None:
        """A list that the phone holds."""
        return self._held.get(kind)

    @property
    def trust(self) -> TrustList:
        """All that is trusted, the CTL before the ITL."""
        lists = (self._held.get(kind) for kind in (TrustListKind.CTL, TrustListKind.ITL))
        return TrustList(tuple(record for held in lists if held is not None for record in held.file.trust.records))

    @property
    def asks_for_signed_files(self) -> bool:
        """Whether files are asked for as ``.sgn`` (CTL-10, PHONE-05)."""
        return self.trust.asks_for_signed_files

    def takes_files_from(self, host: str) -> bool:
        """Whether a file server may be asked at all: with a CTL only those that it names (PHONE-17)."""
        held = self._held.get(TrustListKind.CTL)
        return held is None or held.file.trust.knows_host(host)

    def offer(self, kind: TrustListKind, content: bytes) -> str:
        """A list has come; says what became of it. Raises :class:`~ringward.files.envelope.RefusedFile`, and then
        the list before stays in force.
        """
        held = self._held.get(kind)
        if held is not None and held.content == content:
            return "the same as before"
        found = trust_list.parse(content)
        found.check(kind, self._vouched(kind, found), self._verify)
        if held is not None and found.timestamp < held.file.timestamp:
            raise RefusedFile(Fault.TIMESTAMP)
        if held is not None and kind is TrustListKind.CTL:
            self._flash.write(Item.CTL_BACKUP, held.content)
        self._flash.write(_ITEMS[kind], content)
        self._held[kind] = Held(found, content)
        signer = found.header.signer.name
        return f"{'updated' if held is not None else 'the first, taken on trust'}; signed by {signer}"

    def erase(self) -> None:
        """Hold no list any more; the next one is the first again (CTL-19)."""
        self._flash.erase(Item.CTL, Item.CTL_BACKUP, Item.ITL)
        self._held.clear()

    def _vouched(self, kind: TrustListKind, found: TrustListFile) -> ListedCertificate | None:
        """Who must have signed: someone whom the lists at hand name for it, or for the first one the list itself.

        The server that signs an ITL is in the CTL as a signer of files.
        """
        signer = found.header.signer
        ctl, own = self._held.get(TrustListKind.CTL), self._held.get(kind)
        if kind is TrustListKind.ITL and ctl is not None and ctl.file.trust.asks_for_signed_files:
            return ctl.file.trust.file_signer(signer) or ctl.file.trust.list_signer(signer)
        return (own.file.trust if own is not None else found.trust).list_signer(signer)
