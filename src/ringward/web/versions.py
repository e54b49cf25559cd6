"""Versions of records: whether a record still is what a form or a program saw of it."""

from __future__ import annotations

import hmac
import secrets

from ringward.domain.setting import Noun, format_value, settings_of

_KEY = secrets.token_bytes(32)
"""Of this run of the node. Without it, whoever sees a version could try out which secret belongs to it."""


def version_of(record: Noun) -> str:
    """A text that changes with the record, its secrets included, of which it tells nothing."""
    digest = hmac.new(_KEY, digestmod="sha256")
    for item in settings_of(type(record)):
        digest.update(f"{item.name}={format_value(item, getattr(record, item.name))}\0".encode())
    return digest.hexdigest()[:32]
