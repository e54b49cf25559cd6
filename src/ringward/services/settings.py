"""Settings of one node: what differs from machine to machine and is needed before the database can be opened.

Everything else is configuration and lives in the database. A setting may stand in ``DIR/ringward.toml``, in
the environment as ``RINGWARD_`` and its name in capitals, or (some) in an option of ``ringward run``; the later of
these wins. What nobody knows is refused: a misspelt setting must not quietly leave a default in force.
"""

from __future__ import annotations

import re
import socket
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ringward.domain.errors import RingwardError

FILE_NAME = "ringward.toml"
ENVIRONMENT_PREFIX = "RINGWARD_"
DATA_VARIABLE = "RINGWARD_DATA"
"""The data directory; no setting, because it is where the settings are."""

LISTENERS = {
    "tftp": frozenset({"udp"}),
    "http": frozenset({"tcp"}),
    "https": frozenset({"tcp"}),
    "redirect": frozenset({"tcp"}),
    "capf": frozenset({"tcp"}),
}
"""What a node listens for, on which transports. The port is the setting of that name plus ``_port``.

The ports of the call manager are in the node's server record (PORT-03 to PORT-06): phones must know them too.
"""

NODE_NAME = r"^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$"
_MAX_PORT = 65535
_MAX_FILE_BYTES = 65536
"""A settings file has some dozen lines; whatever is much larger is another file."""
_ROUTED_ADDRESS = ("192.0.2.1", 9)
"""A documentation address (RFC 5737): connecting a UDP socket to it sends nothing, but shows the way out."""


class InvalidSettings(RingwardError):
    """One or more node settings are unknown or wrong; the message names each with its source."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def _port(number: int, protocol: str) -> Any:
    return Field(number, ge=1, le=_MAX_PORT, description=f"{protocol}; the port offset is added.")


class NodeSettings(BaseModel):
    """All settings of a node, checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    node_name: str | None = Field(
        None,
        min_length=1,
        max_length=63,
        pattern=NODE_NAME,
        description="Name of this node, given at its first start and kept; empty means the host name.",
    )
    bind_address: IPv4Address | IPv6Address = Field(
        IPv4Address("0.0.0.0"),  # noqa: S104  (phones must be able to reach the node)
        description="Address on which all services listen; 0.0.0.0 means every one of the machine.",
    )
    advertised_address: IPv4Address | IPv6Address | None = Field(
        None,
        description="Address at which phones reach this node; empty means the machine's own towards the network.",
    )
    port_offset: int = Field(
        0,
        ge=0,
        le=_MAX_PORT,
        description="Added to every port, so that a node needs no privileges or several share a machine.",
    )
    tftp_port: int = _port(69, "UDP port of TFTP")
    http_port: int = _port(6970, "TCP port at which phones fetch their files by HTTP")
    https_port: int = _port(8443, "TCP port of the web pages and the programming interface, by HTTPS")
    redirect_port: int = _port(
        8080, "TCP port at which plain HTTP is answered with the way to HTTPS, and nothing more"
    )
    capf_port: int = _port(3804, "TCP port at which phones get their certificates, by TLS")
    metrics_address: IPv4Address | IPv6Address = Field(
        IPv4Address("127.0.0.1"),
        description="Address on which metrics are given to Prometheus; they need no password, so keep it local.",
    )
    metrics_port: int = Field(
        0,
        ge=0,
        le=_MAX_PORT,
        description="TCP port of the metrics, without the port offset; 0 for none. See also: ringward metrics.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe messages that are logged."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Log lines for people, or one JSON object per line for programs."
    )

    @property
    def new_node_name(self) -> str:
        """The name of a node that is being installed."""
        host = socket.gethostname().split(".")[0][:63]
        return self.node_name or (host if re.fullmatch(NODE_NAME, host) else "node-1")

    def port(self, name: str) -> int:
        """The port of one of the :data:`LISTENERS`, with the offset added."""
        number: int = getattr(self, f"{name}_port")
        return number + self.port_offset

    @property
    def reachable_address(self) -> str:
        """The address that phones are told: advertised, else bound, else the way to the network."""
        if self.advertised_address is not None:
            return str(self.advertised_address)
        if not self.bind_address.is_unspecified:
            return str(self.bind_address)
        return _address_towards_network()


def _address_towards_network() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ROUTED_ADDRESS)
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def load_settings(
    directory: Path, environment: Mapping[str, str], options: Mapping[str, Any] | None = None
) -> NodeSettings:
    """Read the settings of the node whose data is in ``directory``.

    ``options`` are those given on the command line (None values: not given). Raises :class:`InvalidSettings`.
    """
    path = directory / FILE_NAME
    values: dict[str, Any] = {}
    source: dict[str, str] = {}
    problems: list[str] = []
    for name, value in _read_file(path).items():
        if name in NodeSettings.model_fields:
            values[name], source[name] = value, f"{name} in {path}"
        else:
            problems.append(f"{path} has an unknown setting {name!r}{_nearest(name, NodeSettings.model_fields)}")
    variables = {ENVIRONMENT_PREFIX + name.upper(): name for name in NodeSettings.model_fields}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == DATA_VARIABLE:
            continue
        if variable in variables:
            values[variables[variable]], source[variables[variable]] = text or None, variable
        else:
            known = [*variables, DATA_VARIABLE]
            problems.append(f"the environment has an unknown variable {variable}{_nearest(variable, known)}")
    for name, value in (options or {}).items():
        if value is not None:
            values[name], source[name] = value, f"--{name.replace('_', '-')}"
    # An empty variable means what an absent one means.
    given = {name: value for name, value in values.items() if value is not None}
    try:
        settings = NodeSettings.model_validate(given)
    except ValidationError as error:
        problems += _sentences(error, source)
        raise InvalidSettings(problems) from None
    problems += _port_problems(settings)
    if problems:
        raise InvalidSettings(problems)
    return settings


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidSettings([f"{path} cannot be read: {error.strerror}"]) from None
    if len(content) > _MAX_FILE_BYTES:
        raise InvalidSettings([f"{path} is larger than {_MAX_FILE_BYTES} bytes"])
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings([f"{path} is not valid TOML: {error}"]) from None


def _nearest(word: str, known: Iterable[str]) -> str:
    choices = sorted(known)
    close = get_close_matches(word, choices, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are: {', '.join(choices)}"


def _sentences(error: ValidationError, source: Mapping[str, str]) -> list[str]:
    """Pydantic's findings as sentences; a field that is a union reports once per member, one is enough."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False):
        name = str(each["loc"][0])
        hint = each["msg"][0].lower() + each["msg"][1:]
        found.setdefault(name, f"{source.get(name, name)}: {each['input']!r} is not valid: {hint}")
    return list(found.values())


def _port_problems(settings: NodeSettings) -> list[str]:
    """Ports that the offset pushes out of range, or that two listeners of the same transport would share."""
    over = [
        f"{name}_port {settings.port(name) - settings.port_offset} and port_offset {settings.port_offset} "
        f"make {settings.port(name)}; ports end at {_MAX_PORT}"
        for name in LISTENERS
        if settings.port(name) > _MAX_PORT
    ]
    shared = [
        f"{one}_port and {other}_port are both {settings.port(one)}; they must differ"
        for one, other in combinations(LISTENERS, 2)
        if settings.port(one) == settings.port(other) and LISTENERS[one] & LISTENERS[other]
    ]
    return over + shared
