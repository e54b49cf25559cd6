"""Node settings: three sources, one winner, and nothing unknown is swallowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.services.settings import InvalidSettings, NodeSettings, load_settings


def write(directory: Path, text: str) -> None:
    (directory / "ringward.toml").write_text(text)


def test_defaults_are_the_ports_of_the_field(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    assert [settings.port(name) for name in ("tftp", "http")] == [69, 6970]
    assert settings.new_node_name


def test_command_line_beats_environment_beats_file(tmp_path: Path) -> None:
    write(tmp_path, 'node_name = "from-file"\nport_offset = 1000\nlog_level = "error"\n')
    environment = {
        "RINGWARD_PORT_OFFSET": "2000",
        "RINGWARD_LOG_LEVEL": "debug",
        "RINGWARD_DATA": "/x",
        "HOME": "/",
    }
    settings = load_settings(tmp_path, environment, {"port_offset": 3000, "node_name": None})
    assert settings.node_name == "from-file"
    assert settings.log_level == "debug"
    assert settings.port_offset == 3000
    assert settings.port("http") == 9970


def test_an_empty_variable_is_an_absent_one(tmp_path: Path) -> None:
    write(tmp_path, 'node_name = "from-file"\n')
    assert load_settings(tmp_path, {"RINGWARD_ADVERTISED_ADDRESS": ""}).advertised_address is None


@pytest.mark.parametrize(
    ("text", "environment", "words"),
    [
        ("prot_offset = 5\n", {}, ["prot_offset", "did you mean port_offset?"]),
        ("zzz = 5\n", {}, ["unknown setting 'zzz'", "known are:", "http_port"]),
        ("", {"RINGWARD_HTTPPORT": "1"}, ["RINGWARD_HTTPPORT", "did you mean RINGWARD_HTTP_PORT?"]),
        ("", {"RINGWARD_HTTP_PORT": "99999"}, ["RINGWARD_HTTP_PORT: '99999'", "65535"]),
        ("tftp_port = true\nhttp_port = 0\n", {}, ["http_port in ", "greater than or equal to 1"]),
        ('bind_address = "here"\n', {}, ["bind_address in ", "'here'"]),
        ('log_level = "loud"\n', {}, ["log_level in ", "'debug', 'info', 'warning' or 'error'"]),
        ("http_port = \n", {}, ["is not valid TOML"]),
        ("port_offset = 65000\n", {}, ["make 71970", "ports end at 65535"]),
        ('node_name = "a b"\n', {}, ["node_name in ", "'a b'"]),
        ("[ports]\nhttp = 6970\n", {}, ["unknown setting 'ports'"]),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, environment: dict[str, str], words: list[str]) -> None:
    write(tmp_path, text)
    with pytest.raises(InvalidSettings) as caught:
        load_settings(tmp_path, environment)
    for word in words:
        assert word in str(caught.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "one = 1\ntwo = 2\nhttp_port = 0\n")
    with pytest.raises(InvalidSettings) as caught:
        load_settings(tmp_path, {"RINGWARD_THREE": "3"})
    assert len(caught.value.problems) == 4


def test_udp_and_tcp_may_share_a_number(tmp_path: Path) -> None:
    write(tmp_path, "tftp_port = 6970\n")
    assert load_settings(tmp_path, {}).port("tftp") == 6970


def test_a_huge_or_binary_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "#" * 70000)
    with pytest.raises(InvalidSettings, match="larger than"):
        load_settings(tmp_path, {})
    (tmp_path / "ringward.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidSettings, match="not valid TOML"):
        load_settings(tmp_path, {})


def test_the_address_phones_are_told() -> None:
    def told(**values: object) -> str:
        return NodeSettings.model_validate(values).reachable_address

    assert told(bind_address="127.0.0.1") == "127.0.0.1"
    assert told(bind_address="127.0.0.1", advertised_address="198.51.100.7") == "198.51.100.7"
    assert told() != "0.0.0.0"
    assert told(advertised_address="2001:db8::1") == "2001:db8::1"


def test_every_setting_is_documented() -> None:
    schema = NodeSettings.model_json_schema()
    assert all(item.get("description") for item in schema["properties"].values()), json.dumps(schema)


@given(st.dictionaries(st.text(min_size=1, max_size=12), st.integers() | st.text(max_size=12), max_size=4))
def test_any_option_is_taken_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, options: dict) -> None:  # type: ignore[type-arg]
    try:
        load_settings(Path("/nonexistent"), {}, options)
    except InvalidSettings as error:
        assert str(error)
