from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringward.domain.application_user import ApplicationUser
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Invalid
from ringward.domain.partition import Partition
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun
from ringward.domain.standard_groups import SUPER_USERS
from ringward.domain.vocabulary import Protocol
from ringward.store.criteria import Comparison, Criterion
from ringward.store.database import Database
from ringward.store.repository import Repositories

DESCRIPTIONS = ("", "100% sure", "a_b", "aXb", "back\\slash", "ABC", "abc", "x'y", 'say "hi"', "%", "_")
MEANINGS: dict[Comparison, Callable[[str, str], bool]] = {
    Comparison.BEGINS_WITH: str.startswith,
    Comparison.CONTAINS: str.__contains__,
    Comparison.ENDS_WITH: str.endswith,
    Comparison.IS_EXACTLY: str.__eq__,
    Comparison.IS_EMPTY: lambda text, _: not text,
    Comparison.IS_NOT_EMPTY: lambda text, _: bool(text),
}


@pytest.fixture
def scene(installed: Database, repositories: Repositories) -> Database:
    profile = nonsecure_profile_name("7960", Protocol.SIP)
    records: list[Noun] = [Region(f"R{number}", text) for number, text in enumerate(DESCRIPTIONS)]
    records += [
        Partition("Staff"),
        DirectoryNumber("1001"),
        DirectoryNumber("1001", "Staff"),
        DirectoryNumber("2002"),
        EndUser("ada", digest_credentials=Secret("d1gest")),
        EndUser("bob"),
        ApplicationUser("root", None, (SUPER_USERS,)),
        ApplicationUser("guest"),
        Phone(
            "SEP000000000001", "7960", Protocol.SIP, profile, lines=(PhoneLine(1, "1001", "Anna"),), owner="ada"
        ),
        Phone(
            "SEP000000000002",
            "7960",
            Protocol.SIP,
            profile,
            lines=(PhoneLine(1, "1001/Staff"), PhoneLine(2, "2002")),
        ),
        Phone("SEP000000000003", "7960", Protocol.SIP, profile),
    ]
    with installed.writing() as connection:
        for record in records:
            repositories.of(type(record)).add(connection, record)
    return installed


def _keys(database: Database, repositories: Repositories, kind: type[Noun], *criteria: Criterion) -> list[str]:
    with database.reading() as connection:
        found = [record.key for record in repositories.of(kind).find(connection, criteria)]
        assert repositories.of(kind).count(connection, criteria) == len(found)
    return found


@given(
    comparison=st.sampled_from(Comparison), value=st.sampled_from(DESCRIPTIONS) | st.text("ab%_\\'Xy", max_size=3)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_search_finds_what_the_words_of_its_comparison_say(
    scene: Database, repositories: Repositories, comparison: Comparison, value: str
) -> None:
    """ADMIN-01, ADMIN-03; signs that mean something to the database mean nothing here."""
    meaning = MEANINGS[comparison]
    expected = [f"R{n}" for n, text in enumerate(DESCRIPTIONS) if meaning(text.lower(), value.lower())]
    found = _keys(scene, repositories, Region, Criterion("description", comparison, value))
    assert sorted(set(found) - {"Default"}) == sorted(expected)


@pytest.mark.parametrize(
    ("kind", "criterion", "expected"),
    [
        (Phone, Criterion("lines", Comparison.IS_EMPTY), ["3"]),
        (Phone, Criterion("lines", Comparison.IS_NOT_EMPTY), ["1", "2"]),
        (Phone, Criterion("lines.directory_number", Comparison.IS_EXACTLY, "1001"), ["1", "2"]),
        (Phone, Criterion("lines.directory_number", Comparison.IS_EXACTLY, "1001/staff"), ["2"]),
        (Phone, Criterion("lines.directory_number", Comparison.BEGINS_WITH, "20"), ["2"]),
        (Phone, Criterion("lines.label", Comparison.CONTAINS, "nn"), ["1"]),
        (Phone, Criterion("lines.button", Comparison.IS_EXACTLY, "2"), ["2"]),
        (Phone, Criterion("owner", Comparison.IS_EMPTY), ["2", "3"]),
        (Phone, Criterion("owner", Comparison.IS_EXACTLY, "ADA"), ["1"]),
        (Phone, Criterion("protocol", Comparison.IS_EXACTLY, "sip"), ["1", "2", "3"]),
        (Phone, Criterion("protocol", Comparison.IS_EXACTLY, "sccp"), []),
        (Phone, Criterion("security_profile", Comparison.CONTAINS, "non-secure"), ["1", "2", "3"]),
    ],
)
def test_phones_are_found_by_fields_lines_and_references(
    scene: Database, repositories: Repositories, kind: type[Noun], criterion: Criterion, expected: list[str]
) -> None:
    """PSP-15 among others."""
    assert [key[-1] for key in _keys(scene, repositories, kind, criterion)] == expected


def test_enumerations_and_switches_are_compared_by_what_is_shown(
    scene: Database, repositories: Repositories
) -> None:
    mode = Criterion("device_security_mode", Comparison.IS_EXACTLY, "non secure")
    with scene.reading() as connection:
        profiles = repositories.of(PhoneSecurityProfile)
        assert profiles.count(connection, [mode]) == profiles.count(connection) > 0
        predefined = Criterion("predefined", Comparison.IS_EXACTLY, "true")
        assert profiles.count(connection, [predefined]) == profiles.count(connection)
        assert profiles.count(connection, [Criterion("predefined", Comparison.CONTAINS, "als")]) == 0
        assert profiles.count(connection, [Criterion("key_size", Comparison.IS_EXACTLY, "1024")]) > 0
    group = Criterion("user_groups", Comparison.CONTAINS, "super")
    assert _keys(scene, repositories, ApplicationUser, group) == ["root"]


def test_every_criterion_must_be_met(scene: Database, repositories: Repositories) -> None:
    both = (
        Criterion("lines", Comparison.IS_NOT_EMPTY),
        Criterion("owner", Comparison.IS_EMPTY),
    )
    assert _keys(scene, repositories, Phone, *both) == ["SEP000000000002"]


def test_whether_a_secret_is_set_can_be_searched(scene: Database, repositories: Repositories) -> None:
    assert _keys(scene, repositories, EndUser, Criterion("digest_credentials", Comparison.IS_NOT_EMPTY)) == ["ada"]
    assert _keys(scene, repositories, EndUser, Criterion("digest_credentials", Comparison.IS_EMPTY)) == ["bob"]


@pytest.mark.parametrize(
    "comparison", [Comparison.BEGINS_WITH, Comparison.CONTAINS, Comparison.ENDS_WITH, Comparison.IS_EXACTLY]
)
def test_a_secret_itself_cannot_be_searched(
    scene: Database, repositories: Repositories, comparison: Comparison
) -> None:
    with pytest.raises(Invalid, match="secrets") as caught:
        _keys(scene, repositories, EndUser, Criterion("digest_credentials", comparison, "d1"))
    assert "d1" not in str(caught.value)


@pytest.mark.parametrize("field", ["", "nothing", "lines.nothing", "description.x", "lines.button.x", "lines"])
def test_what_cannot_be_searched_is_refused_and_names_what_can(
    scene: Database, repositories: Repositories, field: str
) -> None:
    with pytest.raises(Invalid, match=r"description.*lines\.directory_number"):
        _keys(scene, repositories, Phone, Criterion(field, Comparison.CONTAINS, "x"))
