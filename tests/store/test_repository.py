from __future__ import annotations

from dataclasses import replace

import pytest

from harness.statements import statements_of
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.device_pool import DevicePool
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.errors import AlreadyExists, InUse, Invalid, NotFound
from ringward.domain.nouns import NOUNS
from ringward.domain.partition import NO_PARTITION, Partition
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name, predefined_records
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.domain.setting import Noun
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol, Switch, TransportType
from ringward.pki.secrets import SealBroken, SecretBox
from ringward.store.database import Database
from ringward.store.repository import Repositories

PROFILE = nonsecure_profile_name("7960", Protocol.SIP)
ADA = EndUser("ada", "Lovelace", "Ada", Secret("$hash"), Secret("d1gest"))
PHONE = Phone(
    "SEP001122AABBCC",
    "7960",
    Protocol.SIP,
    PROFILE,
    owner="ada",
    calling_search_space="Inside",
    lines=(PhoneLine(2, "1002/Staff", "second"), PhoneLine(1, "1001", max_calls=6)),
    phone_password=Secret("**#"),
    web_access=Switch.DISABLED,
)
SCENE: tuple[Noun, ...] = (
    Partition("Staff"),
    Partition("Lobby"),
    CallingSearchSpace("Inside", "", ("Staff", NO_PARTITION, "Lobby")),
    DirectoryNumber("1001"),
    DirectoryNumber("1002", "Staff", calling_search_space="Inside"),
    ADA,
    PHONE,
)


@pytest.fixture
def scene(installed: Database, repositories: Repositories) -> Database:
    with installed.writing() as connection:
        for record in SCENE:
            repositories.of(type(record)).add(connection, record)
    return installed


def test_every_noun_comes_back_as_it_was_stored(scene: Database, repositories: Repositories) -> None:
    records = (*predefined_records(Server("node1", "192.0.2.1")), *SCENE)
    with scene.reading() as connection:
        for record in records:
            assert repositories.of(type(record)).get(connection, record.key) == record
        for noun, kind in NOUNS.items():
            found = repositories.of(kind).find(connection)
            expected = [record for record in records if record.noun == noun]
            assert sorted(found, key=lambda each: each.key) == sorted(expected, key=lambda each: each.key)


def test_what_is_not_there_is_not_found(scene: Database, repositories: Repositories) -> None:
    with scene.reading() as connection:
        for kind, key in (
            (Region, ""),
            (Region, "Nowhere"),
            (DirectoryNumber, "1001/Staff"),
            (DirectoryNumber, ""),
        ):
            with pytest.raises(NotFound, match=kind.noun):
                repositories.of(kind).get(connection, key)
            assert not repositories.of(kind).exists(connection, key)


def test_a_key_can_be_given_once(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection:
        with pytest.raises(AlreadyExists):
            repositories.of(DirectoryNumber).add(connection, DirectoryNumber("1002", "Staff"))
        repositories.of(DirectoryNumber).add(connection, DirectoryNumber("1002", "Lobby"))


def test_an_update_replaces_fields_and_lists(scene: Database, repositories: Repositories) -> None:
    after = replace(
        PHONE, description="Lobby", lines=(PhoneLine(1, "1002/Staff"),), phone_password=None, owner=None
    )
    with scene.writing() as connection:
        repositories.of(Phone).update(connection, PHONE, after)
    with scene.reading() as connection:
        assert repositories.of(Phone).get(connection, PHONE.key) == after


def test_an_update_writes_no_list_that_stays_as_it_was(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection, statements_of(scene) as executed:
        repositories.of(Phone).update(connection, PHONE, replace(PHONE, description="Lobby"))
    (only,) = executed
    assert only.startswith("UPDATE phone SET")
    with scene.reading() as connection:
        assert repositories.of(Phone).get(connection, PHONE.key).lines == PHONE.lines


def test_update_and_removal_of_nothing_are_refused(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection:
        with pytest.raises(NotFound):
            repositories.of(Region).update(connection, Region("Nowhere"), Region("Nowhere"))
        with pytest.raises(NotFound):
            repositories.of(Region).remove(connection, "Nowhere")


def test_phones_follow_a_profile_that_is_renamed(scene: Database, repositories: Repositories) -> None:
    """PSP-07."""
    profiles = repositories.of(PhoneSecurityProfile)
    with scene.writing() as connection:
        before = profiles.get(connection, PROFILE)
        profiles.update(connection, before, replace(before, name="Desks"))
    with scene.reading() as connection:
        assert repositories.of(Phone).get(connection, PHONE.key) == replace(PHONE, security_profile="Desks")


def test_numbers_lines_and_search_spaces_follow_a_partition_that_is_renamed(
    scene: Database, repositories: Repositories
) -> None:
    with scene.writing() as connection:
        repositories.of(Partition).update(connection, Partition("Staff"), Partition("Crew"))
    with scene.reading() as connection:
        phone = repositories.of(Phone).get(connection, PHONE.key)
        assert [line.directory_number for line in phone.lines] == ["1002/Crew", "1001"]
        space = repositories.of(CallingSearchSpace).get(connection, "Inside")
        assert space.partitions == ("Crew", NO_PARTITION, "Lobby")
        assert repositories.of(DirectoryNumber).get(connection, "1002/Crew").calling_search_space == "Inside"


def test_a_record_with_secrets_can_be_renamed(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection:
        repositories.of(EndUser).update(connection, ADA, replace(ADA, user_id="countess"))
    with scene.reading() as connection:
        user = repositories.of(EndUser).get(connection, "countess")
        assert user.digest_credentials == Secret("d1gest")
        assert repositories.of(Phone).get(connection, PHONE.key).owner == "countess"


def test_a_rename_to_a_taken_name_is_refused(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection, pytest.raises(AlreadyExists, match="Lobby"):
        repositories.of(Partition).update(connection, Partition("Staff"), Partition("Lobby"))


@pytest.mark.parametrize(
    ("kind", "key", "dependents"),
    [
        (PhoneSecurityProfile, PROFILE, [("phone", PHONE.key)]),
        (EndUser, "ada", [("phone", PHONE.key)]),
        (DirectoryNumber, "1002/Staff", [("phone", PHONE.key)]),
        (DirectoryNumber, "1001", [("phone", PHONE.key)]),
        (Partition, "Staff", [("calling-search-space", "Inside"), ("directory-number", "1002/Staff")]),
        (Server, "node1", [("call-manager-group", "Default")]),
        (Region, "Default", [("device-pool", "Default")]),
    ],
)
def test_what_is_used_cannot_be_removed_and_names_its_users(
    scene: Database,
    repositories: Repositories,
    kind: type[Noun],
    key: str,
    dependents: list[tuple[str, str]],
) -> None:
    """PSP-05, ADMIN-14, ADMIN-40."""
    repository = repositories.of(kind)
    with scene.writing() as connection:
        assert repository.dependents(connection, key) == dependents
        with pytest.raises(InUse) as caught:
            repository.remove(connection, key)
        assert caught.value.dependents == dependents
        assert repository.exists(connection, key)


def test_a_removed_record_takes_its_lists_with_it(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection:
        repositories.of(Phone).remove(connection, PHONE.key)
        assert connection.exec_driver_sql("SELECT count(*) FROM phone_lines").scalar() == 0
        repositories.of(EndUser).remove(connection, "ada")


def test_pages_are_parts_of_one_order(scene: Database, repositories: Repositories) -> None:
    regions = repositories.of(Region)
    with scene.writing() as connection:
        for number in range(9):
            regions.add(connection, Region(f"R{number}", str(9 - number)))
    with scene.reading() as connection:
        everything = [region.name for region in regions.find(connection)]
        assert everything == sorted(everything)
        pages = [regions.find(connection, offset=offset, limit=4) for offset in (0, 4, 8, 12)]
        assert [region.name for page in pages for region in page] == everything
        by_description = [region.description for region in regions.find(connection, order="description")]
        assert by_description == sorted(by_description)
        backwards = [region.name for region in regions.find(connection, descending=True)]
        assert backwards == everything[::-1]


@pytest.mark.parametrize("field", ["lines", "phone_password", "nothing", "name; DROP TABLE phone"])
def test_an_order_by_what_cannot_be_ordered_is_refused(
    scene: Database, repositories: Repositories, field: str
) -> None:
    with scene.reading() as connection, pytest.raises(Invalid, match="order"):
        repositories.of(Phone).find(connection, order=field)


@pytest.mark.parametrize("limit", [None, 3, 150])
def test_the_number_of_queries_does_not_grow_with_the_records(
    scene: Database, repositories: Repositories, limit: int | None
) -> None:
    with scene.writing() as connection:
        for number in range(300):
            repositories.of(DirectoryNumber).add(connection, DirectoryNumber(f"5{number:03}"))
            name = f"SEP0000000{number:05X}"
            lines = (PhoneLine(1, f"5{number:03}"),)
            repositories.of(Phone).add(connection, replace(PHONE, device_name=name, lines=lines))
    with scene.reading() as connection, statements_of(scene) as executed:
        found = repositories.of(Phone).find(connection, offset=1, limit=limit)
    assert len(found) == (limit or 300)
    assert [phone.lines[0].number for phone in found if phone.key != PHONE.key] == [
        f"5{int(phone.key[3:], 16):03}" for phone in found if phone.key != PHONE.key
    ]
    assert len(executed) == 2


def test_records_share_the_names_that_all_of_them_hold(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection:
        repositories.of(Phone).add(connection, replace(PHONE, device_name="SEP000000000001", lines=()))
    with scene.reading() as connection:
        one, other = repositories.of(Phone).find(connection)
    for name in ("model", "security_profile", "device_pool", "calling_search_space", "owner"):
        assert getattr(one, name) is getattr(other, name)


def test_a_secret_moved_to_another_record_does_not_open(scene: Database, repositories: Repositories) -> None:
    with scene.writing() as connection:
        repositories.of(EndUser).add(connection, EndUser("eve", digest_credentials=Secret("3ve")))
        connection.exec_driver_sql(
            "UPDATE end_user SET digest_credentials ="
            " (SELECT digest_credentials FROM end_user WHERE user_id = 'ada') WHERE user_id = 'eve'"
        )
    with scene.reading() as connection, pytest.raises(SealBroken, match="end_user eve digest_credentials"):
        repositories.of(EndUser).get(connection, "eve")


def test_another_cluster_key_opens_nothing(scene: Database) -> None:
    with scene.reading() as connection, pytest.raises(SealBroken):
        Repositories(SecretBox({1: bytes(32)})).of(EndUser).get(connection, "ada")


def test_enumerations_of_all_kinds_survive(scene: Database, repositories: Repositories) -> None:
    profile = PhoneSecurityProfile(
        "P",
        "7960",
        Protocol.SIP,
        device_security_mode=DeviceSecurityMode.ENCRYPTED,
        transport_type=TransportType.TLS,
    )
    with scene.writing() as connection:
        repositories.of(PhoneSecurityProfile).add(connection, profile)
        stored = repositories.of(PhoneSecurityProfile).get(connection, "P")
    assert stored == profile
    assert stored.device_security_mode is DeviceSecurityMode.ENCRYPTED
    assert stored.transport_type is TransportType.TLS


def test_texts_that_look_like_sql_are_texts(scene: Database, repositories: Repositories) -> None:
    nasty = "'); DROP TABLE region; --"
    with scene.writing() as connection:
        repositories.of(DevicePool)
        repositories.of(Region).add(connection, Region("R", nasty))
        assert repositories.of(Region).get(connection, "R").description == nasty
