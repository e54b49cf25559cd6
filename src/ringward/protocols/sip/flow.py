"""Flow: the path by which messages of one peer come and go."""

from __future__ import annotations

from enum import Enum

from ringward.protocols.sip.uri import escape_user


class Transport(Enum):
    """Transport protocols of SIP (RFC 3261 section 18)."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"


class Flow:
    """A transport, two addresses and, for streams, one connection; compared by identity.

    ``channel`` belongs to whoever owns the sockets; nothing here looks at it.
    """

    __slots__ = (
        "channel",
        "cipher_encrypts",
        "local",
        "passes_over_lsc",
        "peer_subject",
        "reliable",
        "remote",
        "transport",
        "via_prefix",
    )

    def __init__(
        self,
        transport: Transport,
        local: tuple[str, int],
        remote: tuple[str, int],
        channel: object = None,
        peer_subject: str = "",
        cipher_encrypts: bool = False,
        passes_over_lsc: bool = False,
    ) -> None:
        self.transport = transport
        self.local = local
        """Our address as the peer reaches it; goes into Via and Contact."""
        self.remote = remote
        self.channel = channel
        self.peer_subject = peer_subject
        """The device that the peer's verified certificate names, if it showed one."""
        self.cipher_encrypts = cipher_encrypts
        """Whether this is TLS with a cipher that hides what is said, and not only signs it."""
        self.passes_over_lsc = passes_over_lsc
        """Whether the peer showed another certificate than its LSC, though it had one when it connected."""
        self.reliable = transport is not Transport.UDP
        self.via_prefix = f"SIP/2.0/{transport.value} {host_for_uri(local[0])}:{local[1]};rport;branch="

    def contact_uri(self, user: str) -> str:
        """The URI by which the peer reaches ``user`` over this flow."""
        at = f"{escape_user(user)}@" if user else ""
        parameter = "" if self.transport is Transport.UDP else f";transport={self.transport.value.lower()}"
        return f"sip:{at}{host_for_uri(self.local[0])}:{self.local[1]}{parameter}"

    def toward(self, remote: tuple[str, int]) -> Flow:
        """The same socket, another address of the peer."""
        return Flow(
            self.transport,
            self.local,
            remote,
            self.channel,
            self.peer_subject,
            self.cipher_encrypts,
            self.passes_over_lsc,
        )

    def __repr__(self) -> str:
        return f"{self.transport.value} {host_for_uri(self.remote[0])}:{self.remote[1]}"


def host_for_uri(host: str) -> str:
    """Put an IPv6 address in brackets; leave other hosts alone (RFC 3261 section 25.1)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
