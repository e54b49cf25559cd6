"""What a phone obeys once it has read its configuration file, whichever format the file has."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ringward.domain.errors import RingwardError
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.protocols.sip.flow import Transport

MAX_FILE = 512 * 1024
"""Octets of a configuration file; with every certificate and line a real one has under 40 KiB."""
MAX_MEMBERS = 3
"""Call manager nodes a SIP phone keeps of its group (phone files, section 7.1)."""
MAX_LINES = 100
"""Lines read from one file; the largest model with every expansion module has under 60 buttons."""
MAX_TEXT = 1024
"""Characters of one value that are read; longer ones make the file unusable."""


class UnusableConfiguration(RingwardError):
    """A configuration file that the phone cannot apply; it goes on with what it had (PHONE-16)."""


@dataclass(frozen=True, slots=True)
class Member:
    """One call manager of the phone's group."""

    host: str
    port: int
    """Where this phone connects to: the secured port if its device security mode is secure."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class LineConfiguration:
    """One line of the phone."""

    button: int
    number: str
    """The directory number, user part of the address that is registered."""
    label: str = ""
    display_name: str = ""
    contact: str = ""
    """User part of the Contact, where the file wants it to differ from the number."""
    auth_name: str | None = None
    """Digest user; None if the file says nothing of it, in which case the phone keeps the old one (PHONE-13)."""
    auth_password: Secret | None = None
    messages_number: str = ""
    """Where the line's messages are listened to. A line that has such a place asks whether messages wait."""
    auto_answer: bool = False
    max_calls: int = 4
    busy_trigger: int = 2
    """Calls on the line from which on another one is told busy."""


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds, all of them."""

    register_expires: int = 3600
    register_delta: int = 5
    """How long before its end a registration is refreshed."""
    keep_alive: int = 120
    invite_expires: int = 180
    t1: float = 0.5
    t2: float = 4.0


@dataclass(frozen=True, slots=True)
class Media:
    """How the phone sends and receives sound."""

    first_port: int = 16384
    last_port: int = 32766
    preferred_codec: str = ""
    """Encoding name, empty for none."""
    digit_type: int = 101
    """Payload type of telephone events."""
    digits_in_media: bool = True


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that the phone obeys, and the values it was told but has no use for yet."""

    members: tuple[Member, ...]
    """Call managers in the order in which they are to be used (PHONE-18)."""
    transport: Transport
    lines: tuple[LineConfiguration, ...]
    security_mode: DeviceSecurityMode = DeviceSecurityMode.NONSECURE
    phone_label: str = ""
    timers: Timers = Timers()
    media: Media = Media()
    signalling_port: int = 0
    """Local port of the phone's own signalling; 0 lets the system choose."""
    hardening: tuple[tuple[str, str], ...] = ()
    """The values that lock the phone down (PC port, web access ...), by name, as written."""
    load_information: str = ""
    version_stamp: str = ""
    capf_authentication_mode: int = 0
    """How the phone shall prove itself to CAPF; 0 while no certificate operation is pending."""
    capf: tuple[tuple[str, int], ...] = ()
    """Host and port of each CAPF server."""
    is_default: bool = False
    """Whether it is the default one, which names call managers and gives the phone no number."""

    def keeping_credentials(self, before: Configuration | None) -> Configuration:
        """This configuration with the digest credentials of ``before`` where it names none (PHONE-13).

        A blank name or password is a new value and stays.
        """
        if before is None:
            return self
        old = {line.button: line for line in before.lines}
        return replace(self, lines=tuple(_keep(line, old.get(line.button)) for line in self.lines))


def _keep(line: LineConfiguration, before: LineConfiguration | None) -> LineConfiguration:
    if before is None:
        return line
    return replace(
        line,
        auth_name=before.auth_name if line.auth_name is None else line.auth_name,
        auth_password=before.auth_password if line.auth_password is None else line.auth_password,
    )


def checked(configuration: Configuration) -> Configuration:
    """The configuration, if a phone can work with it; else raises :class:`UnusableConfiguration`.

    A secure device security mode goes with TLS and nothing else (PSP-22): a file that says otherwise is refused,
    so that a phone that should be secure never registers without (PHONE-01).
    """
    if not configuration.members:
        raise UnusableConfiguration("the configuration names no call manager")
    if not configuration.lines:
        raise UnusableConfiguration("the configuration has no line")
    secure = configuration.security_mode is not DeviceSecurityMode.NONSECURE
    if secure and configuration.transport is not Transport.TLS:
        raise UnusableConfiguration(
            f"device security mode {configuration.security_mode.label} needs TLS, "
            f"but the configuration says {configuration.transport.value}"
        )
    if not 0 < configuration.media.first_port <= configuration.media.last_port - 1:
        raise UnusableConfiguration("the configuration leaves no port for media")
    return configuration
