"""Guided: encrypt the configuration files of many phones, with keys to be typed in where a model needs one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor
from ringward.administration.file_encryption import Outlook
from ringward.administration.job_kinds import FILE_ENCRYPTION
from ringward.domain.errors import Invalid, NotFound, Refused
from ringward.domain.job import ItemState
from ringward.domain.phone import Phone
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.pki.secrets import random_symmetric_key
from ringward.web.find_and_list import Search, read_search
from ringward.web.navigation import ENCRYPT_FILES, JOBS, SECURE_CLUSTER, path_of
from ringward.web.pages.jobs import job_number
from ringward.web.phone_query import query_values
from ringward.web.visit import Site, Visit, sentence_of

_NAMED = 20
"""Phones that are named before anything is done."""
_MOST = 5000
"""Phones at a time: the list of keys is one page."""


def show(visit: Visit) -> Response:
    """Which phones, and how the file of each will be encrypted."""
    return _draw_page(visit)


def encrypt(visit: Visit) -> Response:
    """Order the job. The answer itself lists the new keys, as they are shown this once (CFGENC-18)."""
    try:
        criteria = read_search(visit.query).criteria
        found = visit.administration.file_encryption.find(visit.actor, criteria, _MOST)
        new = bool(visit.entered("new_keys"))
        keys = {
            each.phone.device_name: random_symmetric_key(each.capability.key_bits).reveal()
            for each in found
            if each.has_manual_key and (new or not each.phone.symmetric_key)
        }
        job = visit.administration.jobs.order(
            visit.actor,
            FILE_ENCRYPTION,
            {"keys": keys, "reset": bool(visit.entered("reset"))},
            devices=[each.phone.device_name for each in found],
        )
    except Invalid as error:
        return _draw_page(visit, 422, [str(each) for each in error.errors])
    except (NotFound, Refused) as error:
        return _draw_page(visit, 409, [sentence_of(error)])
    path = f"{ENCRYPT_FILES}/{job.number}"
    if not keys:
        return visit.go(path, "It is ordered: follow it here.")
    described = {each.phone.device_name: (each.phone.model, each.phone.description) for each in found}
    return visit.show(
        "symmetric_keys.html", keys=[(name, *described[name], key) for name, key in keys.items()], progress=path
    )


def progress(visit: Visit) -> Response:
    """How far it is."""
    return visit.show("encrypt_progress.html", **_picture(visit.site, visit.actor, visit.path_parts))


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the progress that changes."""
    return site.templates.get_template("encrypt_live.html").render(**_picture(site, actor, path_parts))


def _draw_page(visit: Visit, code: int = 200, errors: Sequence[str] = ()) -> Response:
    try:
        search = read_search(visit.query)
        found = visit.administration.file_encryption.outlook(visit.actor, search.criteria, _NAMED)
    except Invalid as error:
        search, found, code = Search(), Outlook((), 0, 0, 0, 0), 422
        errors = [*errors, *(str(each) for each in error.errors)]
    mode = visit.administration.parameters.enterprise(visit.actor).cluster_security_mode
    return visit.show(
        "encrypt_files.html",
        code,
        rows=[
            (
                each.phone,
                "by a key that is typed in" if each.has_manual_key else "by the phone's certificate",
                "has a key" if each.has_manual_key and each.phone.symmetric_key else "",
            )
            for each in found.phones
        ],
        found=found,
        errors=errors,
        is_mixed=mode is ClusterSecurityMode.MIXED,
        secure=SECURE_CLUSTER,
        may_change=visit.may("phone.update"),
        phone_path=lambda device: path_of(Phone.noun, device),
        **query_values(ENCRYPT_FILES, search),
    )


def _picture(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> dict[str, Any]:
    jobs = site.administration.jobs
    job = jobs.get(actor, job_number(path_parts))
    if job.kind != FILE_ENCRYPTION:
        raise NotFound("encryption of files", str(job.number))
    changed = jobs.keys(actor, job.number, ItemState.DONE)
    read: Mapping[str, float] = site.live.ask("files-read")
    since = job.ordered_at / 1000
    return {
        "job": job,
        "reset": jobs.following(actor, job.number),
        "changed": len(changed),
        "read": sum(read.get(device, 0.0) >= since for device in changed),
        "jobs_path": JOBS,
    }
