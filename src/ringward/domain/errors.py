"""The one error family. Shells turn a member into a page, a status code or an exit code.

The message of each error is written for an administrator: it names the record, the field, the value and
what is allowed. Causes that only a developer understands go to the log, never into a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class RingwardError(Exception):
    """Something that was asked for cannot be done; ``str(error)`` says what and what to do next."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: its name in the record, the value given (never a secret) and what is allowed."""

    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: {self.value!r} is not valid; allowed: {self.allowed}"


class Invalid(RingwardError):
    """A record breaks one or more rules; carries every broken field, not only the first."""

    def __init__(self, noun: str, key: str, errors: list[FieldError]) -> None:
        self.noun, self.key, self.errors = noun, key, errors
        super().__init__(f"{noun} {key!r}: " + "; ".join(str(error) for error in errors))


def nearest(name: str, known: Iterable[str]) -> str:
    """The name that somebody who typed this probably meant, in any case of letters, or nothing."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name.strip().lower(), by_lower, n=1)
    return by_lower[found[0]] if found else ""


class NotFound(RingwardError):
    """No record of this kind has this key; ``meant`` is the one that comes nearest, if one does."""

    def __init__(self, noun: str, key: str, meant: str = "") -> None:
        self.noun, self.key = noun, key
        super().__init__(f"there is no {noun} {key!r}" + (f"; did you mean {meant!r}?" if meant else ""))


class AlreadyExists(RingwardError):
    """A record of this kind already has this key."""

    def __init__(self, noun: str, key: str) -> None:
        self.noun, self.key = noun, key
        super().__init__(f"there is already a {noun} {key!r}")


class ChangedMeanwhile(RingwardError):
    """Somebody else has changed a record since whoever now wants to change it looked at it."""

    def __init__(self, noun: str, key: str) -> None:
        self.noun, self.key = noun, key
        super().__init__(f"{noun} {key!r} has been changed by somebody else meanwhile: read it again first")


class InUse(RingwardError):
    """A record cannot be removed because others use it (PSP-05, ADMIN-40); names them."""

    def __init__(self, noun: str, key: str, dependents: list[tuple[str, str]]) -> None:
        self.noun, self.key, self.dependents = noun, key, dependents
        shown = ", ".join(f"{kind} {name!r}" for kind, name in dependents[:5])
        more = f" and {len(dependents) - 5} more" if len(dependents) > 5 else ""
        super().__init__(f"{noun} {key!r} is in use by {shown}{more}; change or remove those first")


class Refused(RingwardError):
    """The request is well formed but a rule forbids it (a predefined record, a locked field ...)."""


class NotAllowed(RingwardError):
    """The actor lacks the permission that the operation needs."""

    def __init__(self, actor: str, permission: str) -> None:
        self.actor, self.permission = actor, permission
        super().__init__(f"{actor} may not do this: it needs the permission {permission!r}")


class Unavailable(RingwardError):
    """Something outside (a node, a socket, a tool) is not there; says how to get it."""


class NotAuthenticated(RingwardError):
    """Name and password do not belong together; does not say which of them is wrong."""

    def __init__(self) -> None:
        super().__init__("the user ID or the password is wrong")


class CodeWanted(NotAuthenticated):
    """The password is right, and the account has a second factor: nobody is signed in without its code."""

    def __init__(self, credential: str = "", places: tuple[str, ...] = ()) -> None:
        """``credential`` and ``places``: what was proved and where it counted, for whoever comes with the code."""
        self.credential, self.places = credential, places
        RingwardError.__init__(self, "the account has a second factor: its code is wanted too")


class WrongCode(NotAuthenticated):
    """The password is right, the code of the second factor is not: mistyped, too old, or used before."""

    def __init__(self) -> None:
        RingwardError.__init__(self, "the code is wrong, too old, or was used before: wait for the next one")


class LockedOut(RingwardError):
    """Too many wrong passwords: nothing is checked for this account for some seconds."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many failed attempts; try again in {seconds} seconds")
