from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import Announcement
from ringward.domain.calling_search_space import CallingSearchSpace
from ringward.domain.change import Action
from ringward.domain.device_pool import DevicePool
from ringward.domain.errors import AlreadyExists, InUse, Invalid, NotAllowed, NotFound, Refused
from ringward.domain.nouns import NOUNS
from ringward.domain.partition import NO_PARTITION, Partition
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.region import Region
from ringward.domain.server import Server
from ringward.domain.vocabulary import DeviceSecurityMode, Protocol, TransportType
from ringward.store import feed
from ringward.store.audit import AuditFilter, Outcome
from ringward.store.criteria import Comparison, Criterion

PROFILE = nonsecure_profile_name("7960", Protocol.SIP)


def test_an_added_record_is_stored_audited_fed_and_announced(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    regions = administration.records(Region)
    saved = regions.add(ada, Region("North", "cold"))
    assert saved.record == regions.get(ada, "North") == Region("North", "cold")
    assert saved.notes == ()
    (entry,) = administration.audit.find(ada, AuditFilter(key="North")).entries
    assert (entry.at, entry.actor, entry.role) == (1_000_000_000, "ada", "everything")
    assert (entry.origin, entry.permission, entry.noun) == ("192.0.2.9", "region.add", "region")
    assert (entry.outcome, entry.before) == (Outcome.ADDED, {})
    assert entry.after["name"] == "North"
    assert entry.after["description"] == "cold"
    (announcement,) = announced
    assert (announcement.noun, announcement.key, announcement.action) == ("region", "North", Action.ADDED)
    with administration.database.reading() as connection:
        (change,) = feed.since(connection, announcement.sequence - 1)
    assert (change.sequence, change.noun, change.key, change.action, change.at) == (
        announcement.sequence,
        "region",
        "North",
        Action.ADDED,
        1_000_000_000,
    )


def test_an_update_is_audited_with_what_changed(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    regions = administration.records(Region)
    regions.add(ada, Region("North"))
    regions.update(ada, "North", {"description": "cold", "codec_within": "G729-8k"})
    entry = administration.audit.find(ada, AuditFilter(key="North")).entries[0]
    assert entry.before == {"description": "", "codec_within": "G722-64k"}
    assert entry.after == {"description": "cold", "codec_within": "G729-8k"}
    assert announced[-1].action is Action.UPDATED


def test_an_update_that_changes_nothing_leaves_no_trace(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    regions = administration.records(Region)
    before = administration.audit.find(ada).total
    assert regions.update(ada, "Default", {"description": ""}).record == Region("Default")
    assert administration.audit.find(ada).total == before
    assert announced == []


def test_an_invalid_record_names_every_wrong_field_and_changes_nothing(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    pools = administration.records(DevicePool)
    with pytest.raises(Invalid) as caught:
        pools.add(ada, DevicePool("", region="Nowhere", call_manager_group="Nobody"))
    assert {error.field for error in caught.value.errors} == {"name", "region", "call_manager_group"}
    assert "existing region" in str(caught.value)
    assert announced == []
    assert pools.find(ada).total == 1


def test_all_missing_entries_of_a_list_are_named(administration: Administration, ada: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        administration.records(CallingSearchSpace).add(ada, CallingSearchSpace("A", "", ("x", NO_PARTITION, "y")))
    assert [error.value for error in caught.value.errors] == ["x", "y"]


def test_unknown_fields_are_refused(administration: Administration, ada: Actor) -> None:
    with pytest.raises(Invalid, match=r"colour.*name, description, codec_within"):
        administration.records(Region).update(ada, "Default", {"colour": "red"})


def test_fields_that_others_decide_are_settled_before_they_are_stored(
    administration: Administration, ada: Actor
) -> None:
    """PSP-22: choosing Encrypted sets TLS."""
    profiles = administration.records(PhoneSecurityProfile)
    profiles.copy(ada, PROFILE, {"name": "Desk"})
    saved = profiles.update(ada, "Desk", {"device_security_mode": DeviceSecurityMode.ENCRYPTED})
    assert saved.record.transport_type is TransportType.TLS
    assert profiles.get(ada, "Desk").transport_type is TransportType.TLS


def test_a_key_is_given_once(administration: Administration, ada: Actor) -> None:
    with pytest.raises(AlreadyExists):
        administration.records(Region).add(ada, Region("Default"))


def test_a_copy_is_like_its_original_but_for_name_and_what_only_the_system_sets(
    administration: Administration, ada: Actor
) -> None:
    """ADMIN-05, PSP-29."""
    profiles = administration.records(PhoneSecurityProfile)
    original = profiles.get(ada, PROFILE)
    copy = profiles.copy(ada, PROFILE, {"name": "Desk", "description": "mine"}).record
    assert original.predefined
    assert not copy.predefined
    assert (copy.model, copy.protocol, copy.description) == (original.model, original.protocol, "mine")
    with pytest.raises(AlreadyExists):
        profiles.copy(ada, PROFILE, {})


def test_a_rename_is_followed_and_announced_as_removal_and_addition(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    """PSP-07."""
    administration.records(PhoneSecurityProfile).copy(ada, PROFILE, {"name": "Desk"})
    administration.phones.add(ada, Phone("SEP001122AABBCC", "7960", Protocol.SIP, "Desk"))
    announced.clear()
    administration.records(PhoneSecurityProfile).rename(ada, "Desk", "Table")
    assert administration.phones.get(ada, "SEP001122AABBCC").security_profile == "Table"
    assert [(each.key, each.action) for each in announced] == [("Desk", Action.REMOVED), ("Table", Action.ADDED)]
    entry = administration.audit.find(ada).entries[0]
    assert (entry.key, entry.before, entry.after) == ("Desk", {"name": "Desk"}, {"name": "Table"})


def test_a_profile_in_use_cannot_be_removed(administration: Administration, ada: Actor) -> None:
    """PSP-05, ADMIN-40."""
    administration.records(PhoneSecurityProfile).copy(ada, PROFILE, {"name": "Desk"})
    administration.phones.add(ada, Phone("SEP001122AABBCC", "7960", Protocol.SIP, "Desk"))
    with pytest.raises(InUse, match="SEP001122AABBCC"):
        administration.records(PhoneSecurityProfile).remove(ada, "Desk")
    administration.phones.remove(ada, "SEP001122AABBCC")
    administration.records(PhoneSecurityProfile).remove(ada, "Desk")
    with pytest.raises(NotFound):
        administration.records(PhoneSecurityProfile).get(ada, "Desk")


def test_predefined_profiles_can_be_neither_changed_nor_removed(
    administration: Administration, ada: Actor
) -> None:
    """PSP-02."""
    profiles = administration.records(PhoneSecurityProfile)
    before = profiles.get(ada, PROFILE)
    with pytest.raises(Refused, match="predefined"):
        profiles.update(ada, PROFILE, {"description": "mine"})
    with pytest.raises(Refused):
        profiles.update(ada, PROFILE, {"predefined": False, "description": "mine"})
    with pytest.raises(Refused, match="predefined"):
        profiles.rename(ada, PROFILE, "Mine")
    with pytest.raises(Refused, match="predefined"):
        profiles.remove(ada, PROFILE)
    assert profiles.get(ada, PROFILE) == before


def test_what_only_the_system_sets_cannot_be_entered(administration: Administration, ada: Actor) -> None:
    servers = administration.records(Server)
    with pytest.raises(Refused, match="First Node"):
        servers.add(ada, Server("node2", "192.0.2.2", first_node=True))
    with pytest.raises(Refused, match="First Node"):
        servers.update(ada, "node1", {"first_node": False})
    profile = PhoneSecurityProfile("Mine", "7960", Protocol.SIP, predefined=True)
    with pytest.raises(Refused, match="Predefined"):
        administration.records(PhoneSecurityProfile).add(ada, profile)


def test_selected_records_are_removed_all_or_none(administration: Administration, ada: Actor) -> None:
    """ADMIN-06."""
    regions = administration.records(Region)
    for name in ("A", "B"):
        regions.add(ada, Region(name))
    for last in ("Nowhere", "Default"):
        with pytest.raises((NotFound, Refused)):
            regions.remove(ada, "A", "B", last)
        assert regions.find(ada).total == 3
    regions.remove(ada, "A", "B")
    assert [region.name for region in regions.find(ada).records] == ["Default"]


def test_searching_within_results_narrows_them(administration: Administration, ada: Actor) -> None:
    """ADMIN-01, ADMIN-02."""
    regions = administration.records(Region)
    for name, description in (("North 1", "cold"), ("North 2", "warm"), ("South", "warm")):
        regions.add(ada, Region(name, description))
    north = regions.find(ada, [Criterion("name", Comparison.BEGINS_WITH, "north")])
    assert [region.name for region in north.records] == ["North 1", "North 2"]
    warm = [Criterion("description", Comparison.IS_EXACTLY, "warm")]
    assert [region.name for region in regions.find(ada, warm).records] == ["North 2", "South"]
    assert [region.name for region in regions.find(ada, warm, within=north).records] == ["North 2"]
    assert regions.find(ada).total == 4


def test_a_page_tells_how_much_there_is(administration: Administration, ada: Actor) -> None:
    regions = administration.records(Region)
    for number in range(5):
        regions.add(ada, Region(f"R{number}"))
    page = regions.find(ada, offset=2, limit=2, order="name", descending=True)
    assert ([region.name for region in page.records], page.total, page.offset) == (["R2", "R1"], 6, 2)


def test_dependency_records_are_off_until_they_are_enabled(administration: Administration, ada: Actor) -> None:
    """ADMIN-14, ADMIN-39."""
    regions = administration.records(Region)
    with pytest.raises(Refused, match=r"Enable Dependency Records.*processor time"):
        regions.dependents(ada, "Default")
    administration.parameters.set_enterprise(ada, {"Enable Dependency Records": "true"})
    assert regions.dependents(ada, "Default") == [("device-pool", "Default")]
    with pytest.raises(NotFound):
        regions.dependents(ada, "Nowhere")


@pytest.mark.parametrize("noun", NOUNS)
def test_who_may_only_look_changes_nothing_and_the_attempt_is_audited(
    administration: Administration, guest: Actor, ada: Actor, announced: list[Announcement], noun: str
) -> None:
    """AUTHZ-19."""
    records = administration.records(NOUNS[noun])
    every = records.find(guest)
    key = every.records[0].key if every.records else "x"
    with pytest.raises(NotAllowed):
        records.update(guest, key, {})
    with pytest.raises(NotAllowed):
        records.remove(guest, key)
    with pytest.raises(NotAllowed):
        records.copy(guest, key, {})
    if every.records:
        assert records.get(guest, key) == every.records[0]
        with pytest.raises(NotAllowed):
            records.add(guest, every.records[0])
    assert records.find(guest) == every
    denied = administration.audit.find(ada, AuditFilter(actor="guest", outcome=Outcome.DENIED)).entries
    assert {entry.permission for entry in denied} >= {f"{noun}.update", f"{noun}.remove", f"{noun}.add"}
    assert {entry.key for entry in denied} == {key}
    assert announced == []


def test_nothing_is_announced_before_it_is_committed(administration: Administration, ada: Actor) -> None:
    seen: list[bool] = []
    regions = administration.records(Region)
    administration.bus.subscribe(lambda each: seen.append(regions.get(ada, each.key) is not None))
    regions.add(ada, Region("North"))
    assert seen == [True]


def test_a_first_node_cannot_be_removed(administration: Administration, ada: Actor) -> None:
    with pytest.raises(Refused, match="first node"):
        administration.records(Server).remove(ada, "node1")


def test_a_partition_that_was_renamed_is_found_by_its_new_name(administration: Administration, ada: Actor) -> None:
    partitions = administration.records(Partition)
    partitions.add(ada, Partition("Staff"))
    administration.records(CallingSearchSpace).add(ada, CallingSearchSpace("A", "", ("Staff", NO_PARTITION)))
    partitions.rename(ada, "Staff", "Crew")
    assert administration.records(CallingSearchSpace).get(ada, "A").partitions == ("Crew", NO_PARTITION)
