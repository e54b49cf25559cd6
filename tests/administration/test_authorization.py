from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor, authorize, is_allowed
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Invalid, NotAllowed, Refused
from ringward.domain.rights import EVERYTHING, LOOKING, NOTHING, Rights
from ringward.domain.role import Role
from ringward.domain.secret import Secret
from ringward.domain.standard_groups import AUDITORS, HELP_DESK, READ_ONLY, SUPER_USERS, standard_groups
from ringward.domain.user_group import UserGroup

PASSWORD = Secret("correct horse")
KEEPER = Rights("keeper of accounts", ("*.read", "application-user.*", "end-user.*", "role.*", "user-group.*"))


@pytest.mark.parametrize(
    ("rights", "permission", "allowed"),
    [
        (EVERYTHING, "phone.update", True),
        (EVERYTHING, "audit.read", True),
        (LOOKING, "phone.read", True),
        (LOOKING, "phone.update", False),
        (LOOKING, "phone.read.update", False),
        (LOOKING, "read", False),
        (LOOKING, "", False),
        (NOTHING, "phone.read", False),
    ],
)
def test_rights_allow_their_permissions_and_no_others(rights: Rights, permission: str, allowed: bool) -> None:
    """AUTHZ-19."""
    assert is_allowed(Actor("ada", rights, "here"), permission) is allowed


def test_a_denial_names_actor_and_permission() -> None:
    with pytest.raises(NotAllowed, match=r"guest.*'phone\.update'"):
        authorize(Actor("guest", LOOKING, "here"), "phone.update")


@pytest.mark.parametrize(
    ("mine", "theirs", "included"),
    [
        (("*",), ("*",), True),
        (("phone.*",), ("phone.*", "phone.read"), True),
        (("*.read",), ("phone.read",), True),
        (("*.read",), ("*",), False),
        (("phone.*",), ("*.read",), False),
        (("phone.read",), ("phone.*",), False),
        ((), (), True),
    ],
)
def test_rights_include_what_they_could_hand_out(
    mine: tuple[str, ...], theirs: tuple[str, ...], included: bool
) -> None:
    assert Rights("mine", mine).include(theirs) is included


@pytest.fixture
def keeper() -> Actor:
    """May look after accounts, and nothing else."""
    return Actor("keeper", KEEPER, "192.0.2.11")


def test_an_account_may_do_what_any_role_of_its_groups_allows(administration: Administration, ada: Actor) -> None:
    administration.records(Role).add(ada, Role("Dialling", "", ("directory-number.*", "partition.update")))
    administration.records(UserGroup).add(ada, UserGroup("Dialling", "", ("Dialling",)))
    administration.application_users.add(ada, ApplicationUser("bob", PASSWORD, (AUDITORS, "Dialling")))
    actor = administration.authentication.administrator("bob", PASSWORD, "here")
    assert is_allowed(actor, "audit.read") and is_allowed(actor, "directory-number.add")
    assert not is_allowed(actor, "partition.read") and not is_allowed(actor, "phone.read")


def test_nobody_gives_more_rights_than_he_has(administration: Administration, ada: Actor, keeper: Actor) -> None:
    users = administration.application_users
    users.add(keeper, ApplicationUser("looker", PASSWORD, (READ_ONLY,)))
    for groups in ((SUPER_USERS,), (READ_ONLY, HELP_DESK)):
        with pytest.raises(Refused, match="rights that keeper does not have"):
            users.add(keeper, ApplicationUser("friend", PASSWORD, groups))
        with pytest.raises(Refused, match="rights that keeper does not have"):
            users.update(keeper, "looker", {"user_groups": groups})
        with pytest.raises(Refused, match="rights that keeper does not have"):
            administration.end_users.add(keeper, EndUser("friend", user_groups=groups))
    with pytest.raises(Refused, match="allows more than keeper may do"):
        administration.records(Role).add(keeper, Role("Mine", "", ("phone.update",)))
    with pytest.raises(Refused, match="allows more than keeper may do"):
        administration.records(UserGroup).add(keeper, UserGroup("Mine", "", (SUPER_USERS,)))


def test_nobody_lays_hands_on_an_account_with_more_rights(
    administration: Administration, ada: Actor, keeper: Actor
) -> None:
    """Else whoever may set passwords could set an administrator's, and log in as him."""
    administration.application_users.add(ada, ApplicationUser("boss", PASSWORD, (SUPER_USERS,)))
    with pytest.raises(Refused, match="rights that keeper does not have"):
        administration.application_users.set_password(keeper, "boss", PASSWORD, PASSWORD)
    with pytest.raises(Refused, match="rights that keeper does not have"):
        administration.application_users.remove(keeper, "boss")


def test_the_help_desk_sets_forgotten_passwords_and_changes_nothing_else(
    administration: Administration, ada: Actor
) -> None:
    administration.end_users.add(ada, EndUser("bob", "Baker"))
    administration.application_users.add(ada, ApplicationUser("desk", PASSWORD, (HELP_DESK,)))
    desk = administration.authentication.administrator("desk", PASSWORD, "here")
    administration.end_users.set_password(desk, "bob", PASSWORD, PASSWORD)
    assert administration.authentication.end_user("bob", PASSWORD, "here").user_id == "bob"
    with pytest.raises(NotAllowed):
        administration.end_users.update(desk, "bob", {"last_name": "Cook"})
    with pytest.raises(NotAllowed):
        administration.parameters.set_enterprise(desk, {"cluster_id": "x"})


@pytest.mark.parametrize("group", [group.name for group in standard_groups()])
def test_the_standard_groups_stay_as_they_are(administration: Administration, ada: Actor, group: str) -> None:
    """ADMIN-25."""
    groups = administration.records(UserGroup)
    with pytest.raises(Refused, match="predefined"):
        groups.remove(ada, group)
    with pytest.raises(Refused, match="predefined"):
        groups.update(ada, group, {"roles": ()})


@pytest.mark.parametrize("wrong", ["phone update", "Phone.Read", "phone.", "ph*.read", "a.b.c", "", ".read"])
def test_a_role_names_permissions_only(administration: Administration, ada: Actor, wrong: str) -> None:
    with pytest.raises(Invalid):
        administration.records(Role).add(ada, Role("Wrong", "", (wrong,)))
