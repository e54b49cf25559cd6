"""The operations of the interface about services, certificates, enrolment and the CTL file."""

from __future__ import annotations

from collections.abc import Iterator

from ringward.web.interface import certificates, enrolment, services, trust_list
from ringward.web.interface.operation import Operation


def trust_operations() -> Iterator[Operation]:
    """All of them; their paths come before those of nouns, which may have anything in their keys."""
    yield from _services()
    yield from _certificates()
    yield from _trust_stores()
    yield from _enrolment()
    yield from _ctl_file()


def _services() -> Iterator[Operation]:
    tag = "Services"
    at = "/services/{server}/{service}"
    yield Operation("GET", "/services", services.every, "services", "The services of all servers", tag)
    yield Operation(
        *("POST", f"{at}/order", services.order, "order-service"),
        *("Activate, deactivate, start, stop or restart a service", tag),
        body="Anything",
        status=202,
        refusals=(400, 404, 409, 422),
    )
    yield Operation(
        *("GET", "/message-waiting", services.messages, "message-waiting"),
        *("The directory numbers that have messages", tag),
    )
    yield Operation(
        *("PATCH", "/message-waiting/{key}", services.set_messages, "set-message-waiting"),
        *("Say how many messages a directory number has", tag),
        body="Anything",
        refusals=(400, 404, 422),
    )


def _certificates() -> Iterator[Operation]:
    tag = "Certificates"
    at = "/certificates/{certificate_kind}"
    yield Operation("GET", "/certificates", certificates.find, "certificates", "Certificates of this server", tag)
    yield Operation(
        *("GET", "/expiring-certificates", certificates.expiring, "expiring-certificates"),
        *("Certificates that have reached an alarm", tag),
    )
    yield Operation("GET", at, certificates.read, "certificate", "One of them", tag, refusals=(404, 422))
    yield Operation(
        *("GET", f"{at}/file", certificates.export, "export-certificate", "One of them as a file", tag),
        query=("form",),
        result="file",
        refusals=(404, 422),
    )
    for act, answer, name, summary in (
        ("regenerate", certificates.regenerate, "regenerate-certificate", "A new key, self-signed certificate"),
        ("request", certificates.request, "request-certificate", "A new key and a signing request for it"),
        ("import", certificates.import_signed, "import-certificate", "Put a signed certificate into force"),
    ):
        yield Operation(
            *("POST", f"{at}/{act}", answer, name, summary, tag),
            body="Anything",
            result="text" if act == "request" else "Anything",
            refusals=(400, 404, 409, 422),
        )


def _trust_stores() -> Iterator[Operation]:
    tag = "Trust stores"
    at = "/trust-stores/{store}"
    yield Operation(
        *("GET", "/trusted-certificates", certificates.trusted, "trusted-certificates"),
        *("Trusted certificates, of one store or all", tag),
        query=("store",),
        refusals=(422,),
    )
    yield Operation(
        *("POST", at, certificates.trust, "trust-certificate", "Trust a certificate", tag),
        body="Anything",
        status=201,
        refusals=(400, 409, 422),
    )
    one = f"{at}/{{certificate}}"
    yield Operation(
        *("GET", one, certificates.read_trusted, "trusted-certificate", "One trusted certificate", tag),
        refusals=(404, 409, 422),
    )
    yield Operation(
        *("DELETE", one, certificates.distrust, "distrust-certificate", "Trust it no longer", tag),
        status=204,
        refusals=(404, 409, 422),
    )
    yield Operation(
        *("GET", "/revoked-certificates", certificates.revoked, "revoked-certificates"),
        *("Certificates of devices that are refused", tag),
    )
    yield Operation(
        *("POST", "/revoked-certificates", certificates.revoke, "revoke-certificate"),
        *("Refuse a device's certificate", tag),
        body="Anything",
        status=201,
        refusals=(400, 409, 422),
    )


def _enrolment() -> Iterator[Operation]:
    tag = "Enrolment"
    yield Operation(
        *("POST", "/onboarding", enrolment.onboard, "onboard-phone"),
        *("Add a phone with profile, certificate operation and string", tag),
        body="Anything",
        status=201,
        refusals=(400, 409, 422),
    )
    yield Operation(
        *("POST", "/phone/symmetric-key/{key}", enrolment.symmetric_key, "make-symmetric-key"),
        *("Make a new symmetric key for a phone's file; it is shown this once", tag),
        status=201,
        refusals=(404, 409),
    )
    yield Operation(
        *("GET", "/capf-report", enrolment.report, "capf-report", "The CAPF report, with strings", tag),
        query=("where", "limit"),
        refusals=(422,),
    )
    yield Operation(
        *("GET", "/device-certificates", enrolment.certificates, "device-certificates"),
        *("Certificates of phones", tag),
        query=("device", "status", "days"),
        refusals=(422,),
    )
    yield Operation(
        *("POST", "/device-certificates/revoke", enrolment.revoke, "revoke-device-certificates"),
        *("Revoke one by its fingerprint, or all of a phone by its name", tag),
        body="Anything",
        refusals=(400, 404, 409, 422),
    )
    yield Operation(
        *("GET", "/certificate-renewals", enrolment.renewals, "certificate-renewals"),
        *("Phones whose certificate is to be renewed", tag),
        query=("days",),
        refusals=(422,),
    )
    yield Operation(
        *("GET", "/capf-calls", enrolment.capf_calls, "capf-calls", "The last calls of phones to CAPF", tag),
    )


def _ctl_file() -> Iterator[Operation]:
    tag = "CTL file"
    yield Operation("GET", "/ctl-file", trust_list.read, "ctl-file", "The CTL file in force", tag)
    yield Operation(
        *("GET", "/ctl-file/readiness", trust_list.readiness, "ctl-readiness"),
        *("What becomes of the phones in mixed mode, and who holds which file", tag),
    )
    yield Operation(
        *("POST", "/ctl-file/sign", trust_list.sign, "sign-ctl-file"),
        *("Have a software token sign the next CTL file, and set the mode", tag),
        body="Anything",
        refusals=(400, 404, 409, 422),
    )
    yield Operation(
        *("POST", "/ctl-file/forget-phone/{key}", trust_list.forget_phone, "forget-ctl-file"),
        *("The CTL file was erased at a phone", tag),
        status=204,
        refusals=(404, 409),
    )
    yield Operation("GET", "/tokens", trust_list.tokens, "tokens", "Security tokens that are files here", tag)
    yield Operation(
        *("POST", "/tokens", trust_list.make_token, "make-token", "Make a security token that is a file", tag),
        body="Anything",
        status=201,
        refusals=(400, 409, 422),
    )
