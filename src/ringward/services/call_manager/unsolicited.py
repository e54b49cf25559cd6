"""NOTIFY to a registered phone that has not asked for it: orders to reset, and message waiting."""

from __future__ import annotations

from collections.abc import Callable

from ringward.protocols.sip.message import Headers, Request
from ringward.services.call_manager.registrations import Binding


def unsolicited_notify(
    binding: Binding, new_token: Callable[[], str], headers: Headers, body: bytes = b""
) -> Request:
    """A NOTIFY to a contact, outside of any dialog; ``headers`` has at least Event."""
    address = f"sip:{binding.appearance.number}@{binding.flow.local[0]}"
    fields: Headers = {
        "Max-Forwards": ["70"],
        "From": [f"<{address}>;tag={new_token()}"],
        "To": [f"<{address}>"],
        "Call-ID": [new_token()],
        "CSeq": ["1 NOTIFY"],
        "Contact": [f"<{binding.flow.contact_uri('')}>"],
        "Subscription-State": ["terminated"],
        **headers,
    }
    return Request("NOTIFY", binding.contact, fields, body)
