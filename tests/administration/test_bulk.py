from __future__ import annotations

import csv
import io

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import Announcement
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import NotAllowed
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import Protocol
from ringward.store.audit import AuditFilter
from ringward.store.criteria import Comparison, Criterion

PROFILE = nonsecure_profile_name("7960", Protocol.SIP)
GOOD = f"""device_name,model,protocol,security_profile,description,line_1_directory_number,line_2_directory_number
001122aabb01,7960,SIP,{PROFILE},'=cmd,1001,
SEP001122AABB02,7960,SIP,{PROFILE},"one, two",1002,1001
00:11:22:aa:bb:03,7905,SIP,,,1003,
"""


def test_an_import_adds_phones_with_their_lines_and_numbers(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    report = administration.bulk.import_phones(ada, GOOD)
    assert (report.added, report.updated, report.unchanged, report.errors) == (3, 0, 0, ())
    first, second, third = administration.phones.find(ada).records
    assert first == Phone("SEP001122AABB01", "7960", Protocol.SIP, PROFILE, "=cmd", lines=(PhoneLine(1, "1001"),))
    assert second.lines == (PhoneLine(1, "1002"), PhoneLine(2, "1001"))
    assert third.security_profile == nonsecure_profile_name("7905", Protocol.SIP)
    assert administration.records(DirectoryNumber).find(ada).total == 3
    assert sum(each.noun == "phone" for each in announced) == 3
    assert administration.audit.find(ada, AuditFilter(noun="phone", permission="phone.import")).total == 3


def test_a_dry_run_finds_everything_and_stores_nothing(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    before = administration.audit.find(ada).total
    report = administration.bulk.import_phones(ada, GOOD, dry_run=True)
    assert (report.added, report.errors, report.dry_run) == (3, (), True)
    assert administration.phones.find(ada).total == 0
    assert administration.records(DirectoryNumber).find(ada).total == 0
    assert administration.audit.find(ada).total == before
    assert announced == []


def test_every_wrong_row_is_named_and_no_row_is_stored(
    administration: Administration, ada: Actor, announced: list[Announcement]
) -> None:
    administration.phones.add(ada, Phone("SEP001122AABB09", "7960", Protocol.SIP, PROFILE))
    announced.clear()
    text = (
        "device_name,model,protocol,security_profile,device_pool,line_2_directory_number,line_2_max_calls\n"
        f"SEP001122AABB01,7960,SIP,{PROFILE},Default,1001,4\n"
        f"SEP001122AABB02,7960,SIP,{PROFILE},Nowhere,1001,4\n"
        f"SEP001122AABB03,7960,SIP,Nothing,Default,what,4\n"
        f"sep001122aabb01,7960,SIP,{PROFILE},Default,1001,4\n"
        f"SEP001122AABB09,7960,SIP,{PROFILE},Default,1001,4\n"
        f"SEP001122AABB04,7960,SIP,{PROFILE},Default,1001,many\n"
        f"SEP001122AABB05,9999,SIP,{PROFILE},Default,1001,400\n"
        f"telephone,7960,SIP,{PROFILE},Default,1001,4\n"
    )
    report = administration.bulk.import_phones(ada, text)
    found = {(error.row, error.field, error.value) for error in report.errors}
    assert found >= {
        (3, "device_pool", "Nowhere"),
        (4, "security_profile", "Nothing"),
        (4, "line_2_directory_number", "what"),
        (5, "device_name", "sep001122aabb01"),
        (6, "device_name", "SEP001122AABB09"),
        (7, "line_2_max_calls", "many"),
        (8, "model", "9999"),
        (8, "line_2_max_calls", "400"),
        (9, "device_name", "telephone"),
    }
    assert {error.row for error in report.errors} == {3, 4, 5, 6, 7, 8, 9}
    assert [error.row for error in report.errors] == sorted(error.row for error in report.errors)
    assert all(error.allowed for error in report.errors)
    assert [phone.key for phone in administration.phones.find(ada).records] == ["SEP001122AABB09"]
    assert announced == []


def test_a_new_phone_has_the_same_presets_as_one_that_is_added_alone(
    administration: Administration, ada: Actor
) -> None:
    """PSP-03."""
    text = "device_name,model,protocol,security_profile\nSEP001122AABB01,,,\nSEP001122AABB02,7970,,\n"
    assert administration.bulk.import_phones(ada, text).errors == ()
    assert administration.bulk.import_phones(ada, "device_name\nSEP001122AABB03\n").errors == ()
    found = administration.phones.find(ada).records
    assert [phone.model for phone in found] == ["Third-party SIP", "7970", "Third-party SIP"]
    assert all(phone.security_profile == nonsecure_profile_name(phone.model, phone.protocol) for phone in found)
    assert administration.bulk.import_phones(ada, text, update=True).unchanged == 2


def test_an_update_changes_the_columns_of_the_file_alone(administration: Administration, ada: Actor) -> None:
    administration.bulk.import_phones(ada, GOOD)
    administration.phones.update(ada, "SEP001122AABB02", {"phone_password": None})
    text = 'device_name,description\nSEP001122AABB01,new\nsep001122aabb02,"one, two"\n'
    assert len(administration.bulk.import_phones(ada, text).errors) == 2
    report = administration.bulk.import_phones(ada, text, update=True)
    assert (report.added, report.updated, report.unchanged, report.errors) == (0, 1, 1, ())
    phone = administration.phones.get(ada, "SEP001122AABB01")
    assert (phone.description, phone.lines) == ("new", (PhoneLine(1, "1001"),))


def test_what_is_exported_can_be_imported_again(administration: Administration, ada: Actor) -> None:
    administration.bulk.import_phones(ada, GOOD)
    exported = administration.bulk.export_phones(ada)
    before = administration.phones.find(ada).records
    report = administration.bulk.import_phones(ada, exported, update=True)
    assert (report.added, report.updated, report.unchanged, report.errors) == (0, 0, 3, ())
    administration.phones.remove(ada, *(phone.key for phone in before))
    assert administration.bulk.import_phones(ada, exported).added == 3
    assert administration.phones.find(ada).records == before


def test_an_import_keeps_secrets_that_the_export_left_out(administration: Administration, ada: Actor) -> None:
    profile = nonsecure_profile_name("7905", Protocol.SIP)
    phone = Phone("SEP001122AABB01", "7905", Protocol.SIP, profile, phone_password=Secret("**#"))
    administration.phones.add(ada, phone)
    exported = administration.bulk.export_phones(ada)
    assert "**#" not in exported
    administration.bulk.import_phones(ada, exported, update=True)
    assert administration.phones.get(ada, phone.key).phone_password == Secret("**#")


def test_the_export_can_be_narrowed(administration: Administration, ada: Actor) -> None:
    administration.bulk.import_phones(ada, GOOD)
    text = administration.bulk.export_phones(ada, [Criterion("model", Comparison.IS_EXACTLY, "7905")])
    assert [row["device_name"] for row in csv.DictReader(io.StringIO(text))] == ["SEP001122AABB03"]


def test_the_template_is_a_file_that_can_be_imported(administration: Administration, ada: Actor) -> None:
    template = administration.bulk.template()
    assert administration.bulk.import_phones(ada, template).errors == ()
    assert "line_2_directory_number" in template
    assert "phone_password" in template


def test_a_rule_of_the_noun_is_kept_in_bulk_too(administration: Administration, ada: Actor) -> None:
    """PSP-13."""
    other = nonsecure_profile_name("7970", Protocol.SIP)
    assert administration.records(PhoneSecurityProfile).get(ada, other)
    text = f"device_name,model,protocol,security_profile\nSEP001122AABB01,7960,SIP,{other}\n"
    (error,) = administration.bulk.import_phones(ada, text).errors
    assert (error.row, error.field, error.value) == (2, "security_profile", other)


def test_who_may_only_look_can_export_but_not_import(
    administration: Administration, ada: Actor, guest: Actor
) -> None:
    administration.bulk.import_phones(ada, GOOD)
    assert administration.bulk.export_phones(guest) == administration.bulk.export_phones(ada)
    for dry_run in (False, True):
        with pytest.raises(NotAllowed):
            administration.bulk.import_phones(guest, GOOD, dry_run=dry_run)
