"""Security > Certificate Renewals: whose LSC ends soon, which waves were ordered, what came of them (CAPF-09)."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from ringward.administration.certificate_operations import GENERATE_STRING
from ringward.administration.jobs import READ as READ_JOBS
from ringward.domain.phone import Phone
from ringward.domain.rules.certificate_renewal import RenewalState
from ringward.domain.service import CAPF
from ringward.store.criteria import Comparison, Criterion
from ringward.web.find_and_list import Search
from ringward.web.navigation import CERTIFICATE_OPERATIONS, JOBS, WHY, list_path, path_of
from ringward.web.visit import Visit

_SHOWN = 200
_WAVES = 10
_MOST_DAYS = 3650
_MOODS = {
    RenewalState.DUE: "warn",
    RenewalState.UNDER_WAY: "faint",
    RenewalState.FAILED: "bad",
    RenewalState.NEEDS_STRING: "warn",
}


def show(visit: Visit) -> Response:
    """The phones whose turn comes, those that end first in front, and the latest waves."""
    renewals = visit.administration.certificate_renewals
    server, parameters = renewals.in_force(visit.actor)
    days = _days(visit)
    found = renewals.report(visit.actor, days, _SHOWN + 1)
    return visit.show(
        "certificate_renewals.html",
        parameters=parameters,
        parameters_path=f"{list_path('service-parameters')}/{quote(server)}/{quote(CAPF.name)}",
        days=days,
        most_days=_MOST_DAYS,
        rows=[(each, _MOODS[each.state]) for each in found[:_SHOWN]],
        has_more=len(found) > _SHOWN,
        waves=renewals.waves(visit.actor, _WAVES) if visit.may(READ_JOBS) else None,
        jobs=JOBS,
        runs=visit.site.live.ask("capf-calls") is not None,
        may_give=visit.may("phone.update") or visit.may(GENERATE_STRING),
        give_path=_give_path,
        why_path=lambda device: path_of(Phone.noun, device, WHY),
    )


def _days(visit: Visit) -> int | None:
    """How soon they end that are asked for; None: as the parameter says."""
    text = visit.asked("days").strip()
    return min(int(text), _MOST_DAYS) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _give_path(device: str) -> str:
    """Where an administrator gives this phone an operation, which is all that a wave does."""
    return CERTIFICATE_OPERATIONS + Search((Criterion("device_name", Comparison.IS_EXACTLY, device),)).query()
