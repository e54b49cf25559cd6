"""What the errors say to an administrator."""

from __future__ import annotations

from ringward.domain.errors import AlreadyExists, FieldError, InUse, Invalid, NotAllowed, NotFound


def test_an_invalid_record_names_every_wrong_field() -> None:
    error = Invalid("region", "Default", [FieldError("a", "1", "2"), FieldError("b", "x", "y")])
    assert str(error) == "region 'Default': a: '1' is not valid; allowed: 2; b: 'x' is not valid; allowed: y"


def test_a_used_record_names_its_users_but_not_all_of_many() -> None:
    """ADMIN-40."""
    error = InUse("region", "Default", [("phone", str(number)) for number in range(7)])
    assert "phone '4' and 2 more" in str(error)
    assert "'5'" not in str(error)
    assert "more" not in str(InUse("region", "Default", [("phone", "1")]))


def test_the_others_name_what_they_are_about() -> None:
    assert str(NotFound("region", "x")) == "there is no region 'x'"
    assert str(AlreadyExists("region", "x")) == "there is already a region 'x'"
    assert "'region.add'" in str(NotAllowed("ann", "region.add"))
