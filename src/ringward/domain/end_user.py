"""End user: a person's account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, setting
from ringward.domain.user_group import user_groups_setting

USER_ID = r"[A-Za-z0-9][A-Za-z0-9._@-]*"
"""User IDs stand in digest responses, file names and URLs: nothing that is quoted there."""
USER_ID_HELP = "letters, digits and . _ @ -, beginning with a letter or digit"
DIGEST_CREDENTIALS = r"[A-Za-z0-9]+"
"""Alphanumeric, as all phone models can store and type it (SIPD-18)."""


@dataclass(frozen=True, slots=True)
class EndUser(Noun):
    """A person; phones name one as their digest user (SIPD-19)."""

    noun: ClassVar[str] = "end-user"
    title: ClassVar[str] = "End User"

    user_id: str = setting(
        "User ID",
        "Name by which the person logs in, and user name of digest authentication.",
        key=True,
        required=True,
        listed=True,
        max_length=64,
        pattern=USER_ID,
        pattern_help=USER_ID_HELP,
    )
    last_name: str = setting("Last Name", "Family name.", default="", max_length=64, listed=True)
    first_name: str = setting("First Name", "Given name.", default="", max_length=64, listed=True)
    password: Secret | None = setting(
        "Password",
        "For the user's own pages. Only a hash of it is kept, so it cannot be shown again.",
        default=None,
        secret=True,
    )
    digest_credentials: Secret | None = setting(
        "Digest Credentials",
        "Password with which the person's SIP phone answers the call manager's challenges. A phone whose profile "
        "asks for digest authentication cannot register without it.",
        default=None,
        secret=True,
        max_length=128,
        pattern=DIGEST_CREDENTIALS,
        pattern_help="letters and digits",
        requirement="SIPD-18, SIPD-20",
    )
    user_groups: tuple[str, ...] = user_groups_setting()
