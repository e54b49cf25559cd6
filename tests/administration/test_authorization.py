from __future__ import annotations

import pytest

from ringward.administration.authorization import Actor, authorize, is_allowed
from ringward.domain.errors import NotAllowed
from ringward.domain.vocabulary import PermissionsRole


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        (PermissionsRole.ADMINISTRATOR, "phone.update", True),
        (PermissionsRole.ADMINISTRATOR, "audit.read", True),
        (PermissionsRole.READ_ONLY, "phone.read", True),
        (PermissionsRole.READ_ONLY, "phone.update", False),
        (PermissionsRole.READ_ONLY, "phone.read.update", False),
        (PermissionsRole.READ_ONLY, "read", False),
        (PermissionsRole.READ_ONLY, "", False),
    ],
)
def test_a_role_has_its_permissions_and_no_others(role: PermissionsRole, permission: str, allowed: bool) -> None:
    """AUTHZ-19."""
    assert is_allowed(Actor("ada", role, "here"), permission) is allowed


def test_a_denial_names_actor_and_permission() -> None:
    with pytest.raises(NotAllowed, match=r"guest.*'phone\.update'"):
        authorize(Actor("guest", PermissionsRole.READ_ONLY, "here"), "phone.update")


def test_every_role_is_known() -> None:
    assert all(is_allowed(Actor("ada", role, "here"), "phone.read") for role in PermissionsRole)
