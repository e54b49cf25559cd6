"""CMUser: an end user's own phones and calls (HTTPS-13)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ringward.web.visit import Visit

_CALLS = 50


def show(visit: Visit) -> Response:
    """The phones, whether they are registered, and the last calls."""
    options = visit.administration.user_options
    phones = options.phones(visit.actor)
    names = {phone.device_name for phone in phones}
    present: dict[str, Any] = visit.site.live.ask("phones", {"devices": sorted(names)})
    registered = {line["device"]: line for line in present["registered"]}
    return visit.show(
        "own_phones.html",
        account=options.account(visit.actor),
        phones=[(phone, registered.get(phone.device_name)) for phone in phones],
        calls=options.calls(visit.actor, limit=_CALLS).records,
        names=names,
    )
