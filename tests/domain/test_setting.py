"""Settings: checks, references, and texts that lead back to the same values (ADMIN-08, ADMIN-11)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from ringward.domain.setting import (
    NAME_PATTERN,
    Noun,
    Reference,
    SettingField,
    differing,
    explained,
    field_errors,
    format_value,
    parse_value,
    record_errors,
    references_of,
    setting,
    settings_of,
    shown,
)
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode, Protocol, TransportType


@dataclass(frozen=True, slots=True)
class Wheel(Noun):
    """A sub-record."""

    noun: ClassVar[str] = "wheel"
    title: ClassVar[str] = "Wheel"

    place: int = setting("Place", "Where.", key=True, minimum=1, maximum=4)
    tyre: str = setting("Tyre", "Which.", required=True, references="tyre")
    remark: str = setting("Remark", "Text.", default="")
    spare: bool = setting("Spare", "Kept.", default=False)


@dataclass(frozen=True, slots=True)
class Cart(Noun):
    """A record with one field of every kind."""

    noun: ClassVar[str] = "cart"
    title: ClassVar[str] = "Cart"

    name: str = setting("Name", "Name.", key=True, required=True, pattern=NAME_PATTERN)
    load: int = setting("Load", "Weight.", default=5, minimum=0, maximum=10, unit="kg")
    size: int = setting("Size", "Size.", default=1024, choices=(512, 1024))
    covered: bool = setting("Covered", "Roof.", default=False)
    mode: DeviceSecurityMode = setting("Mode", "Mode.", default=DeviceSecurityMode.NONSECURE)
    transport: TransportType = setting("Transport", "Transport.", default=TransportType.TCP)
    owner: str | None = setting("Owner", "Who.", default=None, references="person")
    code: Secret | None = setting("Code", "Secret.", default=None, secret=True, pattern="[0-9]+", max_length=4)
    drivers: tuple[str, ...] = setting("Drivers", "Who.", default=(), references="person", max_items=2)
    wheels: tuple[Wheel, ...] = setting("Wheels", "All.", default=(), max_items=4)
    roof: str = setting("Roof", "Colour.", default="", applies=lambda cart: cart.covered)

    def rule_errors(self):  # type: ignore[no-untyped-def]
        yield from ()


def the(name: str) -> SettingField:
    return next(item for item in settings_of(Cart) if item.name == name)


def broken(record: Noun) -> list[str]:
    return [error.field for error in record_errors(record)]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, []),
        ({"name": ""}, ["name"]),
        ({"name": " a"}, ["name"]),
        ({"name": "a "}, ["name"]),
        ({"name": "a\nb"}, ["name"]),
        ({"name": "a\u200bb"}, ["name"]),
        ({"name": "a,b"}, ["name"]),
        ({"name": "a/b"}, ["name"]),
        ({"name": "n" * 129}, ["name"]),
        ({"name": 5}, ["name"]),
        ({"name": None}, ["name"]),
        ({"load": -1}, ["load"]),
        ({"load": 11}, ["load"]),
        ({"load": 0}, []),
        ({"load": 10}, []),
        ({"load": True}, ["load"]),
        ({"load": "5"}, ["load"]),
        ({"size": 2048}, ["size"]),
        ({"size": 512}, []),
        ({"covered": 1}, ["covered"]),
        ({"mode": 3}, ["mode"]),
        ({"mode": DeviceSecurityMode.ENCRYPTED}, []),
        ({"code": Secret("1234")}, []),
        ({"code": Secret("12a")}, ["code"]),
        ({"code": Secret("12345")}, ["code"]),
        ({"code": "1234"}, ["code"]),
        ({"drivers": ("ann", "bob")}, []),
        ({"drivers": ("ann", "ann")}, ["drivers"]),
        ({"drivers": ("ann", "bob", "cid")}, ["drivers"]),
        ({"drivers": ("ann, bob",)}, ["drivers"]),
        ({"drivers": ("",)}, ["drivers"]),
        ({"wheels": (Wheel(1, "t1"), Wheel(5, ""))}, ["wheels[2].place", "wheels[2].tyre"]),
        ({"roof": "red"}, ["roof"]),
        ({"roof": "red", "covered": True}, []),
    ],
)
def test_each_field_is_held_to_its_description(change: dict[str, object], fields: list[str]) -> None:
    assert broken(replace(Cart("c1"), **change)) == fields  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Draft(Noun):
    """A record whose defaults cannot stand."""

    noun: ClassVar[str] = "draft"
    title: ClassVar[str] = "Draft"

    name: str = setting("Name", "Name.", key=True, required=True)
    author: str = setting("Author", "Who.", default="", required=True)
    pages: int = setting("Pages", "How many.", default=0, minimum=1)
    colour: str = setting("Colour", "Which.", default="grey", pattern="[a-f]+")
    format: int = setting("Format", "Which.", default=4, offered=lambda draft: (5, 6))
    readers: tuple[str, ...] = setting("Readers", "Who.", default=(), required=True)
    printer: str = setting("Printer", "Who.", default="", required=True, applies=lambda draft: draft.pages > 1)


def test_a_default_is_held_to_the_description_too() -> None:
    wrong = ["author", "pages", "colour", "format", "readers"]
    assert broken(Draft("d")) == wrong
    assert broken(Draft("d", pages=2)) == ["author", "colour", "format", "readers", "printer"]
    right = Draft("d", "ann", 1, "abc", 5, ("bob",))
    assert broken(right) == []


def test_records_of_a_noun_differ_in_fields() -> None:
    cart = Cart("c1", code=Secret("1234"), drivers=("ann",))
    assert [item.name for item in differing(cart, replace(cart, load=6, drivers=("bob",)))] == ["load", "drivers"]
    assert differing(cart, Cart("c1", code=Secret("1234"), drivers=("ann",))) == []


def test_a_wrong_secret_is_not_repeated_in_the_error() -> None:
    (error,) = field_errors(Cart("c1", code=Secret("sesame")))
    assert "sesame" not in str(error)


def test_errors_say_what_is_allowed() -> None:
    assert the("load").allowed() == "whole numbers from 0 to 10"
    assert the("size").allowed() == "512, 1024"
    assert the("mode").allowed() == "Non Secure, Authenticated, Encrypted"
    assert the("transport").allowed() == "TCP, UDP, TCP+UDP, TLS"
    assert the("owner").allowed() == "the name of an existing person"
    assert the("covered").allowed() == "true, false"


def test_references_name_every_record_that_is_used() -> None:
    cart = Cart("c1", owner="ann", drivers=("bob", "cid"), wheels=(Wheel(1, "t1"), Wheel(2, "t2")))
    assert list(references_of(cart)) == [
        Reference("owner", "person", "ann"),
        Reference("drivers", "person", "bob"),
        Reference("drivers", "person", "cid"),
        Reference("wheels[1].tyre", "tyre", "t1"),
        Reference("wheels[2].tyre", "tyre", "t2"),
    ]
    assert list(references_of(Cart("c2"))) == []


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("load", " 7 ", 7),
        ("load", "-7", -7),
        ("covered", "Yes", True),
        ("covered", "off", False),
        ("mode", "encrypted", DeviceSecurityMode.ENCRYPTED),
        ("mode", "Non Secure", DeviceSecurityMode.NONSECURE),
        ("mode", "2", DeviceSecurityMode.AUTHENTICATED),
        ("transport", "tcp+udp", TransportType.TCP_UDP),
        ("transport", "tcp_udp", TransportType.TCP_UDP),
        ("owner", "", None),
        ("owner", " ann ", "ann"),
        ("code", "", None),
        ("code", " 1 ", Secret(" 1 ")),
        ("drivers", "ann , bob,,", ("ann", "bob")),
        ("drivers", "", ()),
        ("wheels", "", ()),
        ("wheels", "1 t1; place=2 tyre=t2 spare=yes;", (Wheel(1, "t1"), Wheel(2, "t2", spare=True))),
        ("wheels", '1 t1 "old; worn = bad"', (Wheel(1, "t1", "old; worn = bad"),)),
        ("wheels", "tyre=t1 3", (Wheel(3, "t1"),)),
    ],
)
def test_typed_texts_become_values(name: str, text: str, value: object) -> None:
    assert parse_value(the(name), text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("load", "seven"),
        ("load", "1_000"),
        ("load", "٣"),
        ("load", "9" * 5000),
        ("load", ""),
        ("covered", "perhaps"),
        ("mode", "secret"),
        ("transport", ""),
        ("wheels", "1"),
        ("wheels", "x t1"),
        ("wheels", "1 t1 remark=a no b c"),
        ("wheels", "1 t1 place=1"),
        ("wheels", '1 "t1'),
    ],
)
def test_texts_that_are_no_value_are_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError):
        parse_value(the(name), text)


@given(st.sampled_from(settings_of(Cart)), st.text())
def test_any_text_is_a_value_or_refused(item: SettingField, text: str) -> None:
    try:
        value = parse_value(item, text)
    except ValueError:
        return
    assert format_value(item, value) is not None


_words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=10)
_phrases = st.lists(_words, min_size=1, max_size=3).map(" ".join)
_wheels = st.builds(Wheel, st.integers(1, 4), _phrases, st.just("") | _phrases, st.booleans())
_carts = st.builds(
    Cart,
    name=st.from_regex(NAME_PATTERN, fullmatch=True).filter(lambda text: text.isprintable()),
    load=st.integers(0, 10),
    size=st.sampled_from((512, 1024)),
    covered=st.booleans(),
    mode=st.sampled_from(DeviceSecurityMode),
    transport=st.sampled_from(TransportType),
    owner=st.none() | _phrases,
    code=st.none() | st.from_regex("[0-9]{1,4}", fullmatch=True).map(Secret),
    drivers=st.lists(_phrases.filter(lambda text: "," not in text), max_size=2, unique=True).map(tuple),
    wheels=st.lists(_wheels, max_size=4).map(tuple),
)


@given(_carts)
def test_every_valid_value_survives_the_way_through_text(cart: Cart) -> None:
    assert broken(cart) == []
    for item in settings_of(Cart):
        value = getattr(cart, item.name)
        assert parse_value(item, format_value(item, value)) == value, item.name


def test_secrets_are_hidden_where_people_look() -> None:
    assert shown(the("code"), Secret("1234")) == "(hidden)"
    assert shown(the("code"), None) == ""
    assert format_value(the("code"), Secret("1234")) == "1234"


def test_numbered_modes_are_shown_as_the_guide_writes_them() -> None:
    """CLUSTER-03: the field shows 1 for mixed; device modes have the guide's words."""
    item = SettingField("mode", ClusterSecurityMode, False, the("mode").setting, None)
    assert shown(item, ClusterSecurityMode.MIXED) == "1"
    assert parse_value(item, "1") is ClusterSecurityMode.MIXED
    assert parse_value(item, "mixed") is ClusterSecurityMode.MIXED


def test_lists_of_records_are_known_as_such() -> None:
    assert the("wheels").is_record_list
    assert the("wheels").item_type is Wheel
    assert the("drivers").is_list
    assert not the("drivers").is_record_list
    assert the("owner").optional
    assert not the("name").optional


@pytest.mark.parametrize("kind", [*NOUNS.values(), PhoneLine], ids=lambda kind: kind.noun)
def test_every_field_of_every_noun_is_described(kind: type[Noun]) -> None:
    """ADMIN-08: each has a label and a help that is a sentence; references name nouns that exist."""
    labels = [item.setting.label for item in settings_of(kind)]
    assert len(set(labels)) == len(labels)
    for item in settings_of(kind):
        assert item.setting.label
        assert item.setting.help[:1].isupper() or item.setting.help.startswith("SEP"), item.name
        assert item.setting.help.endswith("."), item.name
        assert not item.setting.references or item.setting.references in NOUNS
        assert not (item.type is Secret and not item.setting.secret)


def test_keys_split_into_what_they_were_joined_from() -> None:
    assert Region("Default").key == "Default"
    assert Region.split_key("Default") == ("Default",)
    assert Phone("SEP001122334455", "7961", Protocol.SIP, "p").key == "SEP001122334455"


@dataclass(frozen=True, slots=True)
class Seat(Noun):
    """A record with a key of two parts."""

    noun: ClassVar[str] = "seat"
    title: ClassVar[str] = "Seat"

    row: int = setting("Row", "Row.", key=True)
    place: str = setting("Place", "Place.", key=True)


def test_a_key_of_two_parts_may_hold_the_separator_in_its_last() -> None:
    assert Seat(3, "a/b").key == "3/a/b"
    assert Seat.split_key("3/a/b") == ("3", "a/b")


def test_a_number_of_the_guide_is_explained_to_people_and_stays_a_number_for_programs() -> None:
    """CLUSTER-03."""
    (item,) = (each for each in settings_of(EnterpriseParameters) if each.name == "cluster_security_mode")
    assert explained(item, ClusterSecurityMode.MIXED) == "1 (mixed)"
    assert shown(item, ClusterSecurityMode.MIXED) == format_value(item, ClusterSecurityMode.MIXED) == "1"
