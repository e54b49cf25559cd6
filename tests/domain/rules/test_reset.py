"""Which change needs which reset or restart (RST-01 to RST-28)."""

from __future__ import annotations

import pytest

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.rules.reset import DeviceAction, due_after, due_after_act
from ringward.domain.service_parameters import SERVICE_PARAMETERS
from ringward.domain.setting import Noun, settings_of

KINDS: list[type[Noun]] = [*NOUNS.values(), EnterpriseParameters, *SERVICE_PARAMETERS.values()]
FIELDS = [(kind.noun, item.name) for kind in KINDS for item in settings_of(kind)]
RESET, RESTART, NONE = DeviceAction.RESET, DeviceAction.RESTART, DeviceAction.NONE


@pytest.mark.parametrize(("noun", "field"), FIELDS)
def test_every_field_has_its_row(noun: str, field: str) -> None:
    """A new field must say what it needs; what it says is an instruction with something in it."""
    for due in due_after(noun, [field]):
        assert due.devices is not NONE or due.service
        assert bool(due.scope) is (due.devices is not NONE)
        assert due.text.endswith(" for the change to come into force.")


def test_no_row_is_left_over() -> None:
    with pytest.raises(KeyError):
        due_after("phone", ["no such field"])
    with pytest.raises(KeyError):
        due_after("no such noun", ["name"])


PROFILE_SCOPE = "all phones that have this profile"


@pytest.mark.parametrize(
    ("noun", "field", "action", "scope", "service", "requirement"),
    [
        ("phone", "security_profile", RESET, "this phone", "", "RST-01"),
        *[
            ("phone", field, RESET, "this phone", "", "RST-02")
            for field in ("pc_port", "settings_access", "gratuitous_arp", "pc_voice_vlan_access", "web_access")
        ],
        (
            "enterprise-parameters",
            "cluster_security_mode",
            RESET,
            "all devices",
            "Cisco CallManager on all servers",
            "RST-03",
        ),
        ("server", "ethernet_phone_port", RESET, "all phones of this server", "Cisco CallManager", "RST-07"),
        ("server", "sip_phone_secure_port", RESET, "all SIP phones of this server", "Cisco CallManager", "RST-08"),
        ("phone", "built_in_bridge", RESET, "this phone", "", "RST-15"),
        (
            "call-manager-parameters",
            "built_in_bridge_enable",
            RESET,
            "all phones whose Built In Bridge is Default",
            "",
            "RST-15",
        ),
        ("phone", "lines", RESTART, "this phone", "", "RST-16"),
        ("phone", "digest_user", RESET, "this phone", "", "RST-17"),
        ("phone-security-profile", "tftp_encrypted_config", RESET, PROFILE_SCOPE, "", "RST-19"),
        ("phone-security-profile", "exclude_digest_credentials", RESET, PROFILE_SCOPE, "", "RST-21"),
        *[
            ("phone-security-profile", field, RESET, PROFILE_SCOPE, "", "RST-26")
            for field in (
                "name",
                "device_security_mode",
                "transport_type",
                "digest_authentication",
                "key_size",
                "authentication_mode",
                "sip_phone_port",
            )
        ],
    ],
)
def test_the_guides_rows(
    noun: str, field: str, action: DeviceAction, scope: str, service: str, requirement: str
) -> None:
    """CLUSTER-17, CALL-25."""
    (due,) = due_after(noun, [field])
    assert (due.devices, due.scope, due.service, due.requirement) == (action, scope, service, requirement)


@pytest.mark.parametrize(
    ("noun", "field"),
    [
        ("call-manager-parameters", "sip_station_realm"),  # RST-28
        ("enterprise-parameters", "cluster_id"),  # RST-28
        ("enterprise-parameters", "device_security_mode"),
        ("phone", "owner"),
        ("phone", "calling_search_space"),
        ("region", "codec_within"),
        ("application-user", "user_groups"),
    ],
)
def test_what_comes_into_force_at_once(noun: str, field: str) -> None:
    assert due_after(noun, [field]) == ()


def test_the_strongest_instruction_for_the_same_devices_is_left() -> None:
    """R-21: a reset does all that a restart does."""
    (due,) = due_after("phone", ["lines", "security_profile", "owner"])
    assert due.text == "Reset this phone for the change to come into force."
    assert due.requirement == "RST-01"
    assert due_after("phone", ["security_profile", "lines"]) == (due,)
    assert due_after("phone", []) == ()


def test_instructions_for_different_devices_stay_apart() -> None:
    dues = due_after("server", ["sip_phone_secure_port", "ethernet_phone_port", "description"])
    steps = (
        "Restart the service Cisco CallManager, then reset all {} of this server for the change to come into force"
    )
    assert [due.text for due in dues] == [steps.format("SIP phones") + ".", steps.format("phones") + "."]


def test_a_service_alone() -> None:
    (due,) = due_after("tftp-parameters", ["enable_caching", "maximum_serving_count"])
    assert due.text == "Restart the service Cisco TFTP for the change to come into force."


def test_acts_that_change_no_field() -> None:
    """RST-04: after a CTL file was committed; RST-10, CTLP-07: after the CTL Provider was started or stopped."""
    found = due_after_act("trust-list.update", "CTLFile.tlv")
    assert [(each.devices, each.scope, each.service_name) for each in found] == [
        (RESTART, "all devices", "Cisco CallManager"),
        (NONE, "", "Cisco TFTP"),
    ]
    for act in ("start", "stop", "activate", "deactivate", "restart"):
        found = due_after_act(f"service.{act}", "node1/Cisco CTL Provider")
        assert [(each.devices, each.service_name, each.requirement) for each in found] == [
            (NONE, "Cisco CallManager", "RST-10"),
            (NONE, "Cisco TFTP", "RST-10"),
        ]
        assert due_after_act(f"service.{act}", "node1/Cisco TFTP") == ()
    assert due_after_act("phone.update", "SEP001122AABBCC") == ()
