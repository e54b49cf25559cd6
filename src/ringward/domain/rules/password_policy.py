"""What a password must be like, and how long it may be used: the rules of the enterprise parameters."""

from __future__ import annotations

from dataclasses import dataclass

from ringward.domain.enterprise_parameters import EnterpriseParameters

LONGEST_PASSWORD = 128
"""Characters; bounds the work of hashing what a stranger types."""
_DAY = 24 * 3600 * 1000
_SHORTEST_USER_ID = 3
"""Characters: a user ID that is shorter stands in too many words to be looked for."""


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """See the module; made of the parameters by :func:`password_policy`."""

    shortest: int
    kinds: int
    history: int
    """How many former passwords are refused, the present one among them."""
    days: int
    """How long a password may be used; 0 for ever."""
    without_user_id: bool

    def fault(self, password: str, user_id: str) -> str | None:
        """What is allowed instead of this password, in words without it; None if it may be used."""
        if not self.shortest <= len(password) <= LONGEST_PASSWORD:
            return f"{self.shortest} to {LONGEST_PASSWORD} characters"
        if _kinds_in(password) < self.kinds:
            return f"at least {self.kinds} of: small letters, capital letters, digits, other characters"
        name = user_id.casefold()
        if self.without_user_id and len(name) >= _SHORTEST_USER_ID and name in password.casefold():
            return "something without the user ID in it"
        return None

    def is_too_old(self, set_at: int, now: int) -> bool:
        """Whether a password must be replaced; times in milliseconds since 1970."""
        return self.days > 0 and now - set_at > self.days * _DAY

    def in_words(self) -> str:
        """The rules for whoever is to think of a password, whosever it is to be."""
        parts = [f"{self.shortest} to {LONGEST_PASSWORD} characters"]
        if self.kinds > 1:
            parts.append(f"{self.kinds} of: small letters, capital letters, digits, other characters")
        if self.without_user_id:
            parts.append("without the user ID in it")
        if self.history:
            former = f"the last {self.history}" if self.history > 1 else "the present one"
            parts.append(f"none of {former}" if self.history > 1 else f"not {former}")
        return "; ".join(parts) + "."


def password_policy(parameters: EnterpriseParameters) -> PasswordPolicy:
    """The rules that are in force."""
    return PasswordPolicy(
        parameters.password_shortest,
        parameters.password_kinds,
        parameters.password_history,
        parameters.password_days,
        parameters.password_without_user_id,
    )


def _kinds_in(password: str) -> int:
    return sum(
        (
            any(each.islower() for each in password),
            any(each.isupper() for each in password),
            any(each.isdigit() for each in password),
            any(not each.isalnum() for each in password),
        )
    )
