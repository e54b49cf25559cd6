"""Enterprise and service parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import Invalid, NotFound, Refused
from ringward.domain.parameters import parameter_of, parse_parameter, read_parameters, with_texts
from ringward.domain.service_parameters import (
    SERVICE_PARAMETERS,
    CallManagerParameters,
    CapfParameters,
    TftpParameters,
)
from ringward.domain.setting import Noun, record_errors, settings_of
from ringward.domain.vocabulary import ClusterSecurityMode

KINDS = [EnterpriseParameters, *SERVICE_PARAMETERS.values()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_the_defaults_are_valid(kind: type[Noun]) -> None:
    assert record_errors(read_parameters(kind, {})) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_every_parameter_has_help_and_a_name_of_its_own(kind: type[Noun]) -> None:
    """ADMIN-08."""
    for item in settings_of(kind):
        assert item.setting.help.endswith(".")
        assert parameter_of(kind, item.setting.label.upper()) == parameter_of(kind, item.name) == item
        assert parameter_of(kind, item.name.replace("_", "-")) == item


def test_values_the_guide_leaves_open() -> None:
    """SIPD-17, SIPD-26."""
    assert CallManagerParameters().sip_station_realm == "ccmsipline"
    assert EnterpriseParameters().cluster_id == "StandAloneCluster"


def test_the_parameters_of_the_guide_are_there() -> None:
    """ADMIN-15, CAPF-13, CAPF-35."""
    labels = {item.setting.label for item in settings_of(EnterpriseParameters)}
    assert {"Cluster Security Mode", "Cluster ID", "Enable Dependency Records", "Device Security Mode"} <= labels
    assert "CAPF Operation Expires in (days)" in labels
    assert set(SERVICE_PARAMETERS) == {
        "Cisco CallManager",
        "Cisco TFTP",
        "Cisco CTL Provider",
        "Cisco Certificate Authority Proxy Function",
    }


def test_the_cluster_security_mode_cannot_be_entered() -> None:
    """CLUSTER-03, CLUSTER-04: read from the store, but never set here."""
    for name in ("Cluster Security Mode", "cluster_security_mode"):
        with pytest.raises(Refused, match="CTL client"):
            parse_parameter(EnterpriseParameters, name, "1")
        with pytest.raises(Refused):
            with_texts({}, EnterpriseParameters, {name: "1"})
    stored = read_parameters(EnterpriseParameters, {"cluster_security_mode": "1"})
    assert stored.cluster_security_mode is ClusterSecurityMode.MIXED
    assert EnterpriseParameters().cluster_security_mode is ClusterSecurityMode.NONSECURE  # CLUSTER-01


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        (EnterpriseParameters, "cluster_id", ""),
        (EnterpriseParameters, "cluster_id", "with space"),
        (EnterpriseParameters, "enable_dependency_records", "perhaps"),
        (EnterpriseParameters, "url_services", "ftp://example"),
        (EnterpriseParameters, "url_idle_time", "-1"),
        (CallManagerParameters, "sip_station_realm", ""),
        (CallManagerParameters, "sip_station_realm", 'a"b'),
        (CallManagerParameters, "sip_timer_t1", "fast"),
        (CallManagerParameters, "sip_timer_t1", "5000"),
        (CallManagerParameters, "sip_registration_minimum", "3601"),
        (CallManagerParameters, "sip_registration_maximum", "600"),
        (CallManagerParameters, "sip_registration_default", "7200"),
        (TftpParameters, "maximum_serving_count", "0"),
    ],
)
def test_wrong_values_are_refused(kind: type[Noun], name: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        with_texts({}, kind, {name: text})
    assert kind.title in str(caught.value)


def test_registration_times_must_be_in_order() -> None:
    texts = {"sip_registration_minimum": "1800", "sip_registration_maximum": "900"}
    with pytest.raises(Invalid, match="at most the maximum"):
        read_parameters(CallManagerParameters, texts)
    assert (
        read_parameters(CallManagerParameters, {"sip_registration_minimum": "3600"}).sip_registration_minimum
        == 3600
    )


def test_an_unknown_parameter_is_not_found() -> None:
    for act in (
        lambda: parse_parameter(TftpParameters, "Cluster ID", "x"),
        lambda: read_parameters(TftpParameters, {"cluster_id": "x"}),
    ):
        with pytest.raises(NotFound):
            act()


def test_only_what_differs_from_the_default_is_stored() -> None:
    texts = with_texts({}, TftpParameters, {"Enable Caching": "no"})
    assert texts == {"enable_caching": "false"}
    assert not read_parameters(TftpParameters, texts).enable_caching
    assert with_texts(texts, TftpParameters, {"enable-caching": "yes"}) == {}
    assert texts == {"enable_caching": "false"}


@given(st.sampled_from(KINDS), st.data(), st.text())
def test_any_text_is_taken_or_refused_by_name(kind: type[Noun], data: st.DataObject, text: str) -> None:
    item = data.draw(st.sampled_from(settings_of(kind)))
    try:
        texts = with_texts({}, kind, {item.name: text})
    except (Invalid, Refused):
        return
    assert getattr(read_parameters(kind, texts), item.name) == parse_parameter(kind, item.name, text)[1]


def test_rules_between_parameters_hold_when_all_are_entered() -> None:
    """In whatever order a form sends them."""
    times = {
        "sip_registration_minimum": "300",
        "sip_registration_maximum": "900",
        "sip_registration_default": "600",
    }
    for entered in (times, dict(reversed(times.items()))):
        assert with_texts({}, CallManagerParameters, entered) == times
    with pytest.raises(Invalid, match="from the minimum"):
        with_texts({}, CallManagerParameters, {"sip_registration_maximum": "900"})


@pytest.mark.parametrize(
    ("days", "begin", "end", "nobody"),
    [
        (60, "05:00", "05:00", True),
        (60, "23:55", "00:04", True),
        (60, "23:55", "00:05", False),
        (0, "05:00", "05:00", False),
    ],
)
def test_hours_that_are_too_short_renew_nobody(days: int, begin: str, end: str, nobody: bool) -> None:
    assert CapfParameters(renewal_days=days, renewal_begin=begin, renewal_end=end).renews_nobody is nobody
