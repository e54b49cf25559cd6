"""The commands made for every noun: what they store, show and refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringward.cli.application import application
from ringward.domain.nouns import NOUNS
from ringward.domain.setting import settings_of

Ringward = Callable[..., str]
Ask = Callable[..., Any]


def test_a_record_through_its_whole_life(ringward: Ringward, ask: Ask) -> None:
    assert ringward("region", "add", "Berlin", "--codec-within", "G711-64k") == "Region Berlin is added.\n"
    assert ask("region", "show", "Berlin") == {
        "name": "Berlin",
        "description": "",
        "codec_within": "G711-64k",
        "codec_between": "G711-64k",
    }
    ringward("region", "update", "Berlin", "--description", "Head office", "--codec-between", "G729-8k")
    ringward("region", "copy", "Berlin", "Bonn", "--description", "Branch")
    assert ask("region", "show", "Bonn")["codec_between"] == "G729-8k"
    ringward("region", "rename", "Bonn", "Köln")
    assert [each["name"] for each in ask("region", "list")] == ["Berlin", "Default", "Köln"]
    assert ringward("region", "remove", "Köln", "Berlin", "--yes") == "Region Köln, Berlin are removed.\n"
    assert [each["name"] for each in ask("region", "list")] == ["Default"]


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_lists_and_shows_in_both_forms(noun: str, ringward: Ringward, ask: Ask) -> None:
    records = ask(noun, "list")
    assert isinstance(records, list)
    ringward(noun, "list")
    key_names = [item.name for item in settings_of(NOUNS[noun]) if item.setting.key]
    for record in records[:2]:
        key = NOUNS[noun].join_key([record[name] for name in key_names])
        assert ask(noun, "show", key) == record
        assert ringward(noun, "show", key)


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("verb", ["add", "update", "copy"])
def test_help_explains_every_field(noun: str, verb: str, ringward: Ringward) -> None:
    text = ringward(noun, verb, "--help")
    for item in settings_of(NOUNS[noun]):
        if not (item.setting.key or item.setting.read_only or item.is_record_list):
            assert f"--{item.name.replace('_', '-')} " in text


def test_help_speaks_english(ringward: Ringward) -> None:
    assert "Add an End User." in ringward("end-user", "add", "--help")
    assert "Add a Phone." in ringward("phone", "add", "--help")


def test_a_phone_needs_no_more_than_its_address_and_a_number(ringward: Ringward, ask: Ask) -> None:
    assert "SEP001122334455 is added" in ringward("phone", "add", "00:11:22:33:44:55", "--line", "1001")
    phone = ask("phone", "show", "SEP001122334455")
    assert (phone["model"], phone["protocol"]) == ("Third-party SIP", "SIP")
    assert [(line["button"], line["directory_number"]) for line in phone["lines"]] == [(1, "1001")]
    assert ask("directory-number", "show", "1001")["partition"] == "<None>"


def test_lines_can_be_given_in_three_ways(ringward: Ringward, ask: Ask) -> None:
    words = "4 1004 label='Back office'"
    ringward("phone", "add", "001122334455", "--line", "1001", "--line", "3=1003", "--line", words)
    lines = ask("phone", "line", "list", "SEP001122334455")
    assert [(line["button"], line["directory_number"], line["label"]) for line in lines] == [
        (1, "1001", ""),
        (3, "1003", ""),
        (4, "1004", "Back office"),
    ]


def test_lines_are_added_changed_and_removed_one_by_one(ringward: Ringward, ask: Ask) -> None:
    ringward("partition", "add", "Staff")
    ringward("phone", "add", "001122334455", "--line", "2=1002")
    ringward("phone", "line", "add", "SEP001122334455", "1", "1001/Staff", "--label", "Reception")
    ringward("phone", "line", "update", "SEP001122334455", "2", "--display-name", "Bob", "--busy-trigger", "1")
    lines = ask("phone", "line", "list", "SEP001122334455")
    assert [(line["button"], line["directory_number"]) for line in lines] == [(1, "1001/Staff"), (2, "1002")]
    assert (lines[1]["display_name"], lines[1]["busy_trigger"]) == ("Bob", 1)
    ringward("phone", "line", "remove", "SEP001122334455", "1")
    assert "line: '1' is not valid; allowed: 2" in ringward(
        "phone", "line", "remove", "SEP001122334455", "1", code=1
    )


def test_only_what_applies_is_shown(ringward: Ringward, ask: Ask) -> None:
    ringward("phone", "add", "001122334455")
    ringward("phone", "add", "001122334466", "--model", "7961")
    assert "Built In Bridge" not in ringward("phone", "show", "SEP001122334455")
    assert "Built In Bridge" in ringward("phone", "show", "SEP001122334466")
    assert "built_in_bridge" not in ask("phone", "show", "SEP001122334455")
    assert "allowed: nothing" in ringward("phone", "update", "SEP001122334455", "--web-access", "disabled", code=1)


def test_switches_take_words(ringward: Ringward, ask: Ask) -> None:
    model = ("--model", "7961", "--protocol", "sip")
    ringward("phone-security-profile", "add", "P", *model, "--digest-authentication", "yes")
    assert ask("phone-security-profile", "show", "P")["digest_authentication"] is True
    ringward("phone-security-profile", "update", "P", "--digest-authentication", "false")
    assert ask("phone-security-profile", "show", "P")["digest_authentication"] is False


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("region show Nowhere", "there is no region 'Nowhere'"),
        ("region add Default", "there is already a region 'Default'"),
        ("region add X --codec-within MP3", "codec_within: 'MP3' is not valid; allowed: L16-256k, G722-64k"),
        ("region remove Default --yes", "is predefined and cannot be removed"),
        (
            "server update node-1 --sip-phone-port five",
            "sip_phone_port: 'five' is not valid; allowed: whole numbers",
        ),
        (
            "server update node-1 --sip-phone-port 99999",
            "sip_phone_port: '99999' is not valid; allowed: whole numbers",
        ),
        (
            "phone add 001122334455 --device-pool X",
            "device_pool: 'X' is not valid; allowed: the name of an existing",
        ),
        (
            "phone add 001122334455 --device-pool defualt",
            "allowed: the name of an existing device-pool, such as 'Default'",
        ),
        ("phone list --where nonsense", "--where 'nonsense' is not valid; allowed: FIELD=TEXT is exactly"),
        ("phone list --where colour=red", "colour"),
        ("phone add 001122334455 --line 0=1001", "button"),
    ],
)
def test_what_is_refused_names_field_value_and_what_is_allowed(
    words: str, sentence: str, ringward: Ringward
) -> None:
    complaint = ringward(*words.split(), code=1)
    assert sentence in complaint
    assert complaint.startswith("ringward: ")


def test_every_wrong_field_has_a_line(ringward: Ringward) -> None:
    complaint = ringward("phone", "add", "001122334455", "--device-pool", "X", "--owner", "Y", code=1)
    assert [line.split(":")[0].strip() for line in complaint.splitlines()[1:]] == ["device_pool", "owner"]


@pytest.mark.parametrize(
    "words",
    [
        "region add",
        "region paint X",
        "region add X --colour red",
        "region update Default",
    ],
)
def test_wrong_usage_has_an_exit_code_of_its_own(words: str, ringward: Ringward) -> None:
    assert "Usage" in ringward(*words.split(), code=2)


def test_a_missing_field_is_named(ringward: Ringward) -> None:
    assert "needs --model and --protocol" in ringward("phone-security-profile", "add", "P", code=2)


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (["model=7961"], ["SEP001122334466"]),
        (["description~LOBBY"], ["SEP001122334455"]),
        (["device_name^=SEP0011", "description="], ["SEP001122334466"]),
        (["lines.directory_number$=02"], ["SEP001122334466"]),
        (["description~"], ["SEP001122334455"]),
    ],
)
def test_searching(criteria: list[str], found: list[str], ringward: Ringward, ask: Ask) -> None:
    ringward("phone", "add", "001122334455", "--line", "1001", "--description", "in the lobby")
    ringward("phone", "add", "001122334466", "--line", "1002", "--model", "7961")
    words = [word for each in criteria for word in ("--where", each)]
    assert [each["device_name"] for each in ask("phone", "list", *words)] == found


def test_secrets_come_from_the_terminal_twice_or_from_standard_input(ringward: Ringward, ask: Ask) -> None:
    ringward("end-user", "add", "alice", "--digest-credentials", "-", typed="geheim1234\n")
    assert ask("end-user", "show", "alice")["digest_credentials"] == "(hidden)"
    assert "geheim1234" not in ringward("end-user", "show", "alice") + ringward("audit", "list")
    ringward("end-user", "update", "alice", "--digest-credentials", "none")
    assert ask("end-user", "show", "alice")["digest_credentials"] is None
    ringward("end-user", "update", "alice", "--digest-credentials", "ask", typed="other123\nother123\n")
    assert ask("end-user", "show", "alice")["digest_credentials"] == "(hidden)"


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(ringward: Ringward) -> None:
    complaint = ringward("end-user", "add", "alice", "--digest-credentials", "geheim1234", code=1)
    assert "geheim1234" not in complaint
    assert "typed twice" in complaint


def test_removal_asks_first(ringward: Ringward, ask: Ask) -> None:
    ringward("region", "add", "Berlin")
    ringward("region", "remove", "Berlin", typed="n\n", code=1)
    assert len(ask("region", "list")) == 2
    ringward("region", "remove", "Berlin", typed="y\n")
    assert len(ask("region", "list")) == 1


def test_the_local_account_is_in_the_audit_log(ringward: Ringward, ask: Ask) -> None:
    ringward("region", "add", "Berlin")
    (entry, *_) = ask("audit", "list", "--noun", "region", "--key", "Berlin")
    assert (entry["actor"], entry["origin"], entry["outcome"]) == ("local:alice", "command line", "added")
    assert "local:alice" in ringward("audit", "list")


def test_the_audit_log_is_read_by_time_and_operation(ringward: Ringward, ask: Ask) -> None:
    ringward("region", "add", "Berlin")
    (entry,) = ask("audit", "list", "--operation", "region.*", "--from", "2020-01-01", "--key", "Berlin")
    assert entry["permission"] == "region.add"
    assert ask("audit", "list", "--until", "2020-01-01") == []
    assert "such as 2026-01-31" in ringward("audit", "list", "--from", "yesterday", code=1)


def test_the_audit_log_is_exported(ringward: Ringward, ask: Ask) -> None:
    ringward("region", "add", "@Berlin")
    header, row = ringward("audit", "export", "--noun", "region", "--actor", "local:alice").splitlines()
    assert header.startswith("number,at,actor,") and ",'@Berlin,added," in row
    (entry,) = ask("audit", "export", "--noun", "region", "--actor", "local:alice")
    assert entry["key"] == "@Berlin"


def test_the_audit_log_is_verified_and_what_was_noted_is_asked_for(ringward: Ringward, ask: Ask) -> None:
    noted = ask("audit", "verify")["noted"]
    ringward("region", "add", "Berlin")
    assert "entries are as they were written" in ringward("audit", "verify", "--noted", noted)
    number = noted.partition(":")[0]
    assert f"entry {number} is missing" in ringward("audit", "verify", "--noted", f"{number}:1:00", code=1)
    ringward("audit", "verify", "--noted", "nonsense", code=2)


def test_tables_fit_into_80_columns(ringward: Ringward) -> None:
    for number in range(3):
        ringward("phone", "add", f"00112233445{number}", "--line", f"100{number}", "--description", "word " * 20)
    for words in ("phone list", "phone show SEP001122334450", "phone-security-profile list", "audit list"):
        text = ringward(*words.split())
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text
    assert "SEP001122334450" in ringward("phone", "list")


def test_what_a_terminal_would_obey_is_not_written(ringward: Ringward) -> None:
    assert ringward("region", "show", "\x1b[2J", code=1) == "ringward: there is no region '\\x1b[2J'\n"


def test_dependents(ringward: Ringward, ask: Ask) -> None:
    assert "set the enterprise parameter" in ringward("dependents", "device-pool", "Default", code=1)
    ringward("parameter", "set", "enable_dependency_records", "true")
    ringward("phone", "add", "001122334455")
    assert ask("dependents", "device-pool", "Default") == [{"noun": "phone", "key": "SEP001122334455"}]
    assert "SEP001122334455" in ringward("dependents", "device-pool", "Default")
    assert "there is no noun 'car'" in ringward("dependents", "car", "x", code=1)


def test_import_and_export(ringward: Ringward, ask: Ask, tmp_path: Any) -> None:
    file = tmp_path / "phones.csv"
    ringward("phone", "add", "001122334455", "--line", "1001", "--description", "Größe, mit Komma")
    file.write_text(
        ringward("phone", "export").replace("SEP001122334455", "SEP001122334466").replace("1001", "1002")
    )
    assert "1 added" in ringward("phone", "import", str(file), "--dry-run")
    assert len(ask("phone", "list")) == 1
    assert "1 added" in ringward("phone", "import", str(file))
    assert ask("phone", "show", "SEP001122334466")["description"] == "Größe, mit Komma"
    assert "nothing is imported" in ringward("phone", "import", str(file), code=1)
    assert "1 unchanged" in ringward("phone", "import", str(file), "--update")
    assert ringward("phone", "template").startswith("device_name,")


def test_files_that_are_no_csv_are_refused(ringward: Ringward, tmp_path: Any) -> None:
    file = tmp_path / "phones.csv"
    assert "cannot be read: No such file" in ringward("phone", "import", str(file), code=1)
    file.write_bytes(b"\xff\xfe\x00")
    assert "is not a text file" in ringward("phone", "import", str(file), code=1)


def test_a_single_mistake_in_a_file_is_one_error(ringward: Ringward, tmp_path: Any) -> None:
    file = tmp_path / "phones.csv"
    file.write_text("device_name,pc_port\nSEP001122334455,maybe\n")
    assert ringward("phone", "import", str(file), code=1).rstrip().endswith("the file has 1 error")


def test_an_import_report_is_json_too(ringward: Ringward, tmp_path: Any) -> None:
    file = tmp_path / "phones.csv"
    file.write_text("device_name,model,protocol\nnonsense,7961,SIP\n")
    from typer.testing import CliRunner

    result = CliRunner().invoke(application, ["phone", "import", str(file), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"]
