"""What the node orders its process of the pages to do: with what it starts, and what it is asked later."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from ringward.administration.certificates import NOUN as CERTIFICATE

# Commands that the process answers; the first answer says that it serves.
READY = "ready"
SESSIONS = "sessions"
END_SESSIONS = "end-sessions"
ANNOUNCE = "announce"
STOP = "stop"

MODULE = "ringward.services.administration_web.child"
"""What the process runs; the node does not load it."""
HEARD = frozenset({CERTIFICATE})
"""The nouns whose changes the process must hear of, whoever makes them; pages read everything else anew."""


@dataclass(frozen=True, slots=True)
class Order:
    """With what the process starts; nothing of it is secret, since everybody on the machine sees it."""

    directory: str
    """The data directory."""
    node_name: str
    log_level: str
    log_format: str
    https_port: int
    channel: int
    """Descriptors that it inherits: of the channel, and of the sockets that listen already."""
    https: int
    redirect: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what :meth:`encode` wrote."""
        return cls(**json.loads(text))

    def encode(self) -> str:
        """As a word of the command line."""
        return json.dumps(asdict(self))

    @property
    def path(self) -> Path:
        """The data directory."""
        return Path(self.directory)
