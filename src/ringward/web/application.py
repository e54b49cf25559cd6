"""The web application: which address leads to which page."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ringward.administration.administration import Administration
from ringward.administration.alarms import READ as READ_ALARMS
from ringward.administration.jobs import READ as READ_JOBS
from ringward.domain.errors import RingwardError
from ringward.web.entrance import SIGN_IN, SIGN_IN_CODE, Entrance
from ringward.web.interface.call import Gate, problem
from ringward.web.interface.openapi import description
from ringward.web.interface.operations import operations
from ringward.web.live import LiveNode
from ringward.web.live_part import Draw, LiveParts
from ringward.web.navigation import (
    ADMINISTRATION,
    ALARM_CONFIGURATION,
    ALARMS_PAGE,
    BACKUP,
    CALL_REPORTS,
    CERTIFICATE_CALENDAR,
    CERTIFICATE_OPERATIONS,
    CERTIFICATE_RENEWALS,
    CONTROL_CENTER,
    ENCRYPT_FILES,
    ENROL_PHONES,
    INTERFACE,
    JOBS,
    MESSAGES_WAITING,
    MONITORING,
    NUMBER_ANALYZER,
    ONBOARD_PHONE,
    OTHER_PATHS,
    OWN_ACCOUNT,
    PHONE_CERTIFICATES,
    PLATFORM,
    SECOND_FACTOR,
    SECURE_CLUSTER,
    SERVICE_ACTIVATION,
    SERVICEABILITY,
    SET_PASSWORD,
    SIGN_INS,
    TO_DO,
    TRACE,
    TRUST_LIST,
    TRUST_PICTURE,
    USER_ACCOUNT,
    USER_OPTIONS,
)
from ringward.web.pages import (
    alarms,
    audit,
    backup,
    bulk,
    call,
    call_records,
    certificate_operations,
    certificate_renewals,
    certificates,
    encrypt_files,
    enrol_phones,
    interface,
    jobs,
    message_waiting,
    monitoring,
    my_account,
    number_analyzer,
    onboard_phone,
    overview,
    parameters,
    phone_certificates,
    records,
    search,
    second_factor,
    secure_cluster,
    services,
    set_password,
    sign_ins,
    to_do,
    traces,
    trust_list,
    trust_picture,
    trust_stores,
    user_options,
    why,
)
from ringward.web.pages.sign_in import SignIn
from ringward.web.protection import Hardened
from ringward.web.rendering import ROOM, templates
from ringward.web.sessions import Sessions
from ringward.web.visit import Handler, Site

_STATIC = ("ringward.css", "ringward.js", "ringward.svg")
_KEEP_STATIC = "max-age=3600"


def web_application(
    administration: Administration,
    live: LiveNode,
    node_name: str,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
    sessions: Sessions | None = None,
) -> Starlette:
    """Everything that a browser can reach (HTTPS-02). ``clock``: monotonic seconds; ``now``: since 1970."""
    if sessions is None:  # one that is empty counts as false
        sessions = Sessions(clock, administration.authentication.session_limits)
    site = Site(administration, live, sessions, templates(), now)
    entrance = Entrance(
        site,
        password_pages=(my_account.show, my_account.change),
        enrolment_pages=(second_factor.show, second_factor.change),
    )
    live_parts = LiveParts(site, entrance)
    door = SignIn(site, node_name, clock)

    def get(path: str, handler: Handler) -> Route:
        return Route(path, entrance.page(handler), methods=["GET"])

    def post(path: str, handler: Handler) -> Route:
        return Route(path, entrance.page(handler), methods=["POST"])

    def live_part(path: str, permission: str, draw: Draw) -> Route:
        return Route(path, live_parts.endpoint(permission, draw), methods=["GET"])

    def own(path: str, handler: Handler, method: str) -> Route:
        return Route(path, entrance.page(handler, for_end_users=True), methods=[method])

    of_noun = f"{ADMINISTRATION}/{{noun}}"
    routes = [
        Route("/", _home, methods=["GET"]),
        Route(SIGN_IN, door.show, methods=["GET"]),
        Route(SIGN_IN, door.enter, methods=["POST"]),
        Route(SIGN_IN_CODE, door.show_code, methods=["GET"]),
        Route(SIGN_IN_CODE, door.enter_code, methods=["POST"]),
        Route("/sign-out", door.leave, methods=["POST"]),
        Route("/static/{name}", _static, methods=["GET"]),
        get(f"{ADMINISTRATION}/", overview.show),
        get(TO_DO, to_do.show),
        post(TO_DO, to_do.do),
        get("/search", search.show),
        get("/search.json", search.as_json),
        post("/undo", records.undo),
        get(f"{ADMINISTRATION}/enterprise-parameters", parameters.show_enterprise),
        post(f"{ADMINISTRATION}/enterprise-parameters", parameters.save_enterprise),
        get(f"{ADMINISTRATION}/service-parameters", parameters.choose_service),
        get(f"{ADMINISTRATION}/service-parameters/{{server}}/{{service}}", parameters.show_service),
        post(f"{ADMINISTRATION}/service-parameters/{{server}}/{{service}}", parameters.save_service),
        get(f"{ADMINISTRATION}/programming-interface", interface.show),
        get(interface.TOKENS, interface.show_tokens),
        post(interface.TOKENS, interface.change_tokens),
        get(f"{ADMINISTRATION}/phone-import", bulk.show_import),
        post(f"{ADMINISTRATION}/phone-import", bulk.run_import),
        get(f"{ADMINISTRATION}/phone-import/template", bulk.template),
        get(f"{ADMINISTRATION}/phone-export", bulk.export),
        get(TRUST_LIST, trust_list.show),
        get(CERTIFICATE_OPERATIONS, certificate_operations.show),
        post(CERTIFICATE_OPERATIONS, certificate_operations.give),
        get(f"{CERTIFICATE_OPERATIONS}/report.csv", certificate_operations.export),
        get(SECURE_CLUSTER, secure_cluster.show),
        post(SECURE_CLUSTER, secure_cluster.act),
        live_part(f"{SECURE_CLUSTER}/events", "trust-list.read", secure_cluster.draw),
        get(ENROL_PHONES, enrol_phones.show),
        post(ENROL_PHONES, enrol_phones.enrol),
        get(f"{ENROL_PHONES}/{{number}}", enrol_phones.progress),
        live_part(f"{ENROL_PHONES}/{{number}}/events", "certificate-operation.report", enrol_phones.draw),
        get(ENCRYPT_FILES, encrypt_files.show),
        post(ENCRYPT_FILES, encrypt_files.encrypt),
        get(f"{ENCRYPT_FILES}/{{number}}", encrypt_files.progress),
        live_part(f"{ENCRYPT_FILES}/{{number}}/events", "phone.read", encrypt_files.draw),
        get(ONBOARD_PHONE, onboard_phone.show),
        post(ONBOARD_PHONE, onboard_phone.add),
        get(f"{ONBOARD_PHONE}/{{device}}", onboard_phone.watch),
        live_part(f"{ONBOARD_PHONE}/{{device}}/events", "phone.read", onboard_phone.draw),
        get(JOBS, jobs.find),
        get(f"{JOBS}/{{number}}", jobs.show),
        post(f"{JOBS}/{{number}}/cancel", jobs.cancel),
        live_part(f"{JOBS}/{{number}}/events", READ_JOBS, jobs.draw),
        get(OWN_ACCOUNT, my_account.show),
        post(OWN_ACCOUNT, my_account.change),
        get(SECOND_FACTOR, second_factor.show),
        post(SECOND_FACTOR, second_factor.change),
        get(SIGN_INS, sign_ins.show),
        post(SIGN_INS, sign_ins.change),
        get(MESSAGES_WAITING, message_waiting.show),
        post(MESSAGES_WAITING, message_waiting.save),
        get(of_noun, records.find_and_list),
        get(f"{of_noun}/new", records.choose),
        post(f"{of_noun}/new", records.add),
        post(f"{of_noun}/remove", records.remove),
        get(f"{of_noun}/edit/{{key:path}}", records.show),
        post(f"{of_noun}/edit/{{key:path}}", records.save),
        get(f"{of_noun}/{SET_PASSWORD}/{{key:path}}", set_password.show),
        post(f"{of_noun}/{SET_PASSWORD}/{{key:path}}", set_password.save),
        get(f"{of_noun}/copy/{{key:path}}", records.show_copy),
        post(f"{of_noun}/copy/{{key:path}}", records.copy),
        get(f"{of_noun}/dependency-records/{{key:path}}", records.dependency_records),
        post(f"{ADMINISTRATION}/phone/reset/{{key}}", records.reset),
        get(f"{ADMINISTRATION}/phone/why/{{key}}", why.show),
        post(f"{ADMINISTRATION}/phone/why/{{key}}", why.forget_trust_list),
        live_part(f"{ADMINISTRATION}/phone/why/{{key}}/events", "phone.read", why.draw),
        get(f"{SERVICEABILITY}/audit-log", audit.show),
        get(f"{SERVICEABILITY}/audit-log/export/{{form}}", audit.export),
        get(ALARMS_PAGE, alarms.show),
        post(ALARMS_PAGE, alarms.acknowledge),
        live_part(f"{ALARMS_PAGE}/events", READ_ALARMS, alarms.draw),
        get(f"{ALARMS_PAGE}/{{number}}", alarms.show_one),
        get(ALARM_CONFIGURATION, alarms.show_catalogue),
        post(ALARM_CONFIGURATION, alarms.configure),
        get(TRACE, traces.find),
        post(TRACE, traces.set_level),
        get(f"{TRACE}/{{device}}", traces.show),
        get(f"{TRACE}/{{device}}/download", traces.download),
        live_part(f"{TRACE}/{{device}}/events", "phone.trace", traces.draw),
        get(SERVICE_ACTIVATION, services.show_activation),
        post(SERVICE_ACTIVATION, services.order),
        get(CONTROL_CENTER, services.show_control),
        post(CONTROL_CENTER, services.order),
        get(f"{PLATFORM}/certificates", certificates.find),
        get(f"{PLATFORM}/certificates/{{kind}}", certificates.show),
        post(f"{PLATFORM}/certificates/{{kind}}", certificates.change),
        get(f"{PLATFORM}/certificates/{{kind}}/export/{{form}}", certificates.export),
        get(BACKUP, backup.show),
        post(BACKUP, backup.order),
        get(f"{BACKUP}/{{number}}", backup.show_one),
        post(f"{BACKUP}/{{number}}", backup.act),
        get(CERTIFICATE_RENEWALS, certificate_renewals.show),
        get(PHONE_CERTIFICATES, phone_certificates.show),
        post(PHONE_CERTIFICATES, phone_certificates.revoke),
        get(f"{PLATFORM}/trust", trust_stores.show),
        get(TRUST_PICTURE, trust_picture.show),
        get(CERTIFICATE_CALENDAR, trust_picture.show_calendar),
        post(f"{PLATFORM}/trust", trust_stores.change),
        get(CALL_REPORTS, call_records.show),
        get(f"{CALL_REPORTS}/call/{{call}}", call.show),
        live_part(f"{CALL_REPORTS}/call/{{call}}/events", "call-detail-record.read", call.draw),
        get(NUMBER_ANALYZER, number_analyzer.show),
        get(MONITORING, monitoring.show),
        own(f"{USER_OPTIONS}/", user_options.show, "GET"),
        own(USER_ACCOUNT, my_account.show, "GET"),
        own(USER_ACCOUNT, my_account.change, "POST"),
        live_part(f"{MONITORING}/events", "phone.read", monitoring.draw),
        *(Route(path, _elsewhere(page), methods=["GET"]) for path, page in OTHER_PATHS.items()),
    ]
    return Starlette(
        routes=[*_interface(site), *routes],
        middleware=[Middleware(Hardened)],
        exception_handlers={404: _nothing_here(site), 405: _nothing_here(site)},
    )


def _interface(site: Site) -> list[Route]:
    gate = Gate(site.administration, site.live, site.turns)
    routes = [
        Route(each.route, gate.endpoint(each.answer), methods=[each.method], name=each.name)
        for each in operations()
    ]
    return [
        Route(f"{INTERFACE}/openapi.json", _description, methods=["GET"]),
        *routes,
    ]


async def _description(request: Request) -> Response:
    return JSONResponse(description())


def _nothing_here(site: Site) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answers who asks for what there is not; it says no more than that, as he may be anybody."""

    async def answer(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        wanted = request.headers.get("accept", "html")
        if request.url.path.startswith((INTERFACE, "/SOAP")) or "html" not in wanted:
            return problem(RingwardError("there is nothing at this address"), status)
        return HTMLResponse(site.templates.get_template("nothing_here.html").render(), status)

    return answer


def _elsewhere(page: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return RedirectResponse(page, 307)

    return answer


async def _home(request: Request) -> Response:
    return RedirectResponse(f"{ADMINISTRATION}/", 303)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        return Response(status_code=404)
    return FileResponse(ROOM / "static" / name, headers={"Cache-Control": _KEEP_STATIC})
