"""The CTL file: looked at, and signed with security tokens that are files on this server (CTL-03, TOK-02)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ringward.administration.software_tokens import NewToken
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files import trust_list
from ringward.files.trust_list import record_json
from ringward.files.trust_list_edition import tokens_of
from ringward.pki.certificate_fields import certificate_json
from ringward.pki.tokens.token import TokenDescription
from ringward.web.interface.body import Body
from ringward.web.interface.call import Call

_MODES = {"mixed": ClusterSecurityMode.MIXED, "nonsecure": ClusterSecurityMode.NONSECURE}


def read(call: Call) -> Response:
    """The CTL file in force: mode, signer, entries, and what is wrong with it."""
    cluster = call.administration.ctl_file.cluster(call.actor)
    present = call.administration.ctl_file.present(call.actor)
    file = trust_list.parse(present.content) if present.content else None
    return JSONResponse(
        {
            "mode": cluster.mode.name.lower(),
            "location": present.location,
            "warning": present.warning,
            "signer": file.header.signer.name if file is not None else None,
            "timestamp": file.timestamp if file is not None else None,
            "servers": [{"name": each.name, "address": each.address} for each in cluster.servers],
            "entries": [record_json(each) for each in (file.trust.records if file is not None else ())],
        }
    )


def readiness(call: Call) -> Response:
    """What becomes of the phones when the cluster goes into mixed mode, the worst first; and who holds what."""
    present = call.administration.ctl_file.present(call.actor).content
    tokens = [each.der for each in tokens_of(trust_list.parse(present).trust)] if present else []
    expected = call.administration.readiness.expectations(call.actor, tokens[0] if tokens else b"")
    holders = call.administration.readiness.holders(call.actor)
    items = [
        {
            "expected": each.readiness.value,
            "count": each.count,
            "phones": [
                {"device": phone.device, "model": phone.model, "profile": phone.profile, "note": phone.note}
                for phone in each.phones
            ],
        }
        for each in expected
    ]
    held = {"present": holders.present, "older": holders.older, "unknown": holders.unknown}
    return JSONResponse({"items": items, "holders": held})


def tokens(call: Call) -> Response:
    """The security tokens that are files on this server."""
    return JSONResponse({"items": [_token(each) for each in call.administration.software_tokens.find(call.actor)]})


def make_token(call: Call) -> Response:
    """Make one, whose certificate the cluster's token CA issues."""
    body = Body(call, "token", "label", "password")
    new = NewToken(body.text("label").strip(), body.secret("password"))
    (made,) = call.administration.software_tokens.make(call.actor, [new])
    return JSONResponse(_token(made), 201)


def sign(call: Call) -> Response:
    """Have a token sign the next CTL file, and put it and the cluster security mode into force."""
    body = Body(call, "trust-list", "token", "password", "mode")
    mode = body.text("mode")
    if mode not in _MODES:
        raise body.wrong("mode", mode, ", ".join(_MODES))
    steps = call.administration.software_tokens.sign(
        call.actor, body.text("token"), body.secret("password"), _MODES[mode]
    )
    return JSONResponse({"mode": mode, "steps": list(steps)})


def forget_phone(call: Call) -> Response:
    """The CTL file was erased at a phone: it will take the next one (CTL-19)."""
    call.administration.ctl_file.forget(call.actor, call.path_parts["key"])
    return Response(status_code=204)


def _token(token: TokenDescription) -> dict[str, Any]:
    certificate = certificate_json(token.certificate) if token.certificate is not None else None
    return {"label": token.label, "serial": token.serial, "kind": token.kind, "certificate": certificate}
