"""How secure each party's part of a call is, beside the call as a whole (CALL-02, CALL-03)."""

from __future__ import annotations

from typing import Protocol

from ringward.domain.rules.call_security import CallSecurity, security_of_party
from ringward.domain.vocabulary import CallSecurityClass, DeviceSecurityMode


class TwoParties(Protocol):
    """A call, present or past. A mode is None while that party is not connected."""

    @property
    def security_class(self) -> CallSecurityClass:
        """The class of the whole call."""

    @property
    def calling_mode(self) -> DeviceSecurityMode | None:
        """The mode in which the calling phone is registered."""

    @property
    def called_mode(self) -> DeviceSecurityMode | None:
        """The same of the called one."""


def party_securities(call: TwoParties) -> tuple[CallSecurity | None, CallSecurity | None]:
    """Class and reason of the calling and of the called party; None of one that is not connected."""
    calling, called = call.calling_mode, call.called_mode
    return (
        security_of_party("the calling phone", calling, call.security_class) if calling is not None else None,
        security_of_party("the called phone", called, call.security_class) if called is not None else None,
    )


def party_words(call: TwoParties) -> dict[str, str]:
    """The same as programs read it; empty texts of a party that is not connected."""
    words = {}
    for party, security in zip(("calling", "called"), party_securities(call), strict=True):
        words[f"{party}_security"] = security.call_class.name.lower() if security is not None else ""
        words[f"{party}_security_reason"] = security.reason if security is not None else ""
    return words
