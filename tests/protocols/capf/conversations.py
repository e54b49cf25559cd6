"""The recorded conversations, and what their server was set to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent / "vectors"


@dataclass(frozen=True)
class Recorded:
    """One message of a conversation."""

    from_server: bool
    octets: bytes


def names() -> list[str]:
    return sorted(path.stem for path in (VECTORS / "sessions").glob("*.json"))


def conversation(number: str) -> list[Recorded]:
    """The messages of the conversation whose name begins with a number."""
    (path,) = (VECTORS / "sessions").glob(f"{number}-*.json")
    messages = json.loads(path.read_text())["messages"]
    return [Recorded(each["from"] == "server", bytes.fromhex(each["hex"])) for each in messages]


def constructed(group: str) -> list[dict[str, Any]]:
    every = json.loads((VECTORS / "constructed.json").read_text())
    return [each for each in every if each["group"] == group]
