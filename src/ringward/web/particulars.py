"""What the pages of one noun have beyond what its description says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ringward.administration.certificate_operations import READ_STRINGS
from ringward.administration.lock_outs import ACCOUNT_KINDS
from ringward.domain.errors import Unavailable
from ringward.domain.phone import Phone
from ringward.domain.phone_models import MODELS, protocols_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.setting import Noun
from ringward.store.criteria import Comparison, Criterion
from ringward.web.find_and_list import write_criterion
from ringward.web.form import Control
from ringward.web.navigation import CERTIFICATE_OPERATIONS, SET_PASSWORD, WHY, path_of

if TYPE_CHECKING:
    from ringward.web.visit import Visit

_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column of a list that tells how the records' devices are at this moment."""

    label: str
    texts: Mapping[str, tuple[str, str]]
    """Text and kind (``good``, ``bad`` or ``faint``) by the key of the record."""
    act: str = ""
    """The page of a record that says more; empty if there is none."""

    def of(self, key: str) -> tuple[str, str]:
        """Text and kind of one record."""
        return self.texts.get(key, ("not registered", "faint"))


def _no_column(visit: Visit, keys: Sequence[str]) -> LiveColumn | None:
    return None


@dataclass(frozen=True, slots=True)
class Particulars:
    """See the module."""

    chosen_first: tuple[str, ...] = ()
    """Fields that decide which other fields there are: chosen before the form, and fixed on it."""
    first_choices: Callable[[], Sequence[tuple[str, str]]] = tuple
    """What can be chosen there: value and words."""
    read_choice: Callable[[str], dict[str, Any]] = lambda text: {}
    preset: Callable[[dict[str, Any]], dict[str, Any]] = lambda values: values
    """Fills in, for a new record, fields that were not given."""
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Headings, and the fields below them; what is named nowhere stands first."""
    can_reset: bool = False
    """Whether the records are devices that can be told to reset."""
    live_column: Callable[[Visit, Sequence[str]], LiveColumn | None] = _no_column
    """For the records with these keys."""
    links: Sequence[tuple[str, str]] = field(default=())
    """Related links of the list: words and path."""
    record_links: Sequence[tuple[str, str, Callable[[str], str]]] = field(default=())
    """Related links of each record: words, the permission that it takes, and the path for a record's key."""

    def chosen(self, text: str) -> dict[str, Any] | None:
        """The values that a choice stands for; None if it is not among the choices."""
        return self.read_choice(text) if text in dict(self.first_choices()) else None


def _models_and_protocols() -> list[tuple[str, str]]:
    return [
        (f"{model}{_SEPARATOR}{protocol.value}", f"{model}, {protocol.value}")
        for model in MODELS
        for protocol in protocols_of(model)
    ]


def _read_model_and_protocol(text: str) -> dict[str, Any]:
    model, _, name = text.partition(_SEPARATOR)
    return {"model": model, "protocol": next(each for each in protocols_of(model) if each.value == name)}


def _preset_phone(values: dict[str, Any]) -> dict[str, Any]:
    profile = nonsecure_profile_name(values["model"], values["protocol"])
    return {"security_profile": profile} | values


def _act(noun: str, act: str) -> Callable[[str], str]:
    return lambda key: path_of(noun, key, act)


def _certificate_operation(device: str) -> str:
    criterion = write_criterion(Criterion("device_name", Comparison.IS_EXACTLY, device))
    return f"{CERTIFICATE_OPERATIONS}?{urlencode({'where': criterion})}"


def _registrations(visit: Visit, keys: Sequence[str]) -> LiveColumn | None:
    try:
        present = visit.site.live.ask("phones", {"devices": list(keys)})
    except Unavailable:  # Cisco CallManager does not run: of the phones everything else can be seen
        return None
    texts: dict[str, tuple[str, str]] = {}
    for refused in present["refused"]:
        texts[refused["device"]] = (f"refused: {refused['reason']}", "bad")
    for line in present["registered"]:
        texts[line["device"]] = (f"{line['security_mode']}, {line['transport']}", "good")
    return LiveColumn("Security now", texts, WHY)


_PARTICULARS: Mapping[str, Particulars] = {
    Phone.noun: Particulars(
        chosen_first=("model", "protocol"),
        first_choices=_models_and_protocols,
        read_choice=_read_model_and_protocol,
        preset=_preset_phone,
        sections=(
            ("Lines", ("lines",)),
            (
                "Protocol and security",
                ("security_profile", "digest_user", "built_in_bridge", "phone_password", "load_information"),
            ),
            (
                "Product specific configuration",
                ("pc_port", "settings_access", "gratuitous_arp", "pc_voice_vlan_access", "web_access"),
            ),
        ),
        can_reset=True,
        live_column=_registrations,
        links=(("Import from a CSV file", "/CMAdmin/phone-import"), ("Export as CSV", "/CMAdmin/phone-export")),
        record_links=(
            ("How secure is it?", "phone.read", _act(Phone.noun, WHY)),
            ("Certificate Operation", READ_STRINGS, _certificate_operation),
        ),
    ),
    **{
        noun: Particulars(record_links=(("Set Password", f"{noun}.{SET_PASSWORD}", _act(noun, SET_PASSWORD)),))
        for noun in ACCOUNT_KINDS
    },
    PhoneSecurityProfile.noun: Particulars(
        chosen_first=("model", "protocol"),
        first_choices=_models_and_protocols,
        read_choice=_read_model_and_protocol,
        sections=(
            ("Certificates from CAPF", ("authentication_mode", "key_size")),
            ("Configuration files", ("tftp_encrypted_config", "exclude_digest_credentials")),
        ),
    ),
}
_NOTHING = Particulars()


def particulars_of(kind: type[Noun]) -> Particulars:
    """The particulars of a noun; most have none."""
    return _PARTICULARS.get(kind.noun, _NOTHING)


def sections(kind: type[Noun], controls: Sequence[Control]) -> list[tuple[str, list[Control]]]:
    """The fields of a form under their headings; a heading without fields is left out."""
    named = particulars_of(kind).sections
    places = {name: heading for heading, names in named for name in names}
    found: dict[str, list[Control]] = {heading: [] for heading in (kind.title, *(heading for heading, _ in named))}
    for control in controls:
        found[places.get(control.name, kind.title)].append(control)
    return [(heading, fields) for heading, fields in found.items() if fields]
