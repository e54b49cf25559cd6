"""Find and List, and one record: shown, added, changed, copied, removed; alike for every noun (ADMIN-01 to 14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ringward.administration.certificate_operations import READ_STRINGS
from ringward.domain.errors import AlreadyExists, ChangedMeanwhile, FieldError, InUse, Invalid, NotFound, Refused
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.setting import Noun, SettingField, settings_of, shown
from ringward.web.find_and_list import COMPARISONS, PAGE_SIZES, Search, read_search, searchable, write_criterion
from ringward.web.form import blank, controls, values_of
from ringward.web.navigation import WHY, list_path, path_of, record_path
from ringward.web.overtaken import overtaken_sentence
from ringward.web.particulars import Particulars, particulars_of, sections
from ringward.web.undo import UndoOfRecord
from ringward.web.versions import version_of
from ringward.web.visit import Visit, sentence_of

MAX_SUGGESTIONS = 300
"""Names offered for a field that refers to another record; with more of them they are typed."""

_MORE = "more"
"""Name of the button that asks for one more row in a list, where there is no script to make it."""


def _kind(visit: Visit) -> type[Noun]:
    name = visit.path_parts["noun"]
    if name not in NOUNS:
        raise NotFound("page", name)
    return NOUNS[name]


def find_and_list(visit: Visit) -> Response:
    """All records that meet the criteria, a page of them."""
    kind = _kind(visit)
    records = visit.administration.records(kind)
    errors: list[FieldError] = []
    try:
        search = read_search(visit.query)
        page = records.find(
            visit.actor,
            search.criteria,
            order=search.order,
            descending=search.descending,
            offset=search.offset,
            limit=search.size,
        )
    except Invalid as error:
        errors, search = list(error.errors), Search()
        page = records.find(visit.actor, limit=search.size)
    columns = [item for item in settings_of(kind) if item.setting.listed]
    labels = dict(searchable(kind))
    keys = [record.key for record in page.records]
    live = particulars_of(kind).live_column(visit, keys) if keys else None
    return visit.show(
        "find_and_list.html",
        kind=kind,
        page=page,
        search=search,
        columns=columns,
        rows=[(record, [_cell(item, record) for item in columns]) for record in page.records],
        live=live,
        fields=searchable(kind),
        comparisons=COMPARISONS,
        sizes=PAGE_SIZES,
        criteria=[
            (
                write_criterion(each),
                labels.get(each.field, each.field),
                each.comparison.value,
                each.value,
            )
            for each in search.criteria
        ],
        errors=errors,
        can=_rights(visit, kind),
        path_of=path_of,
        record_path=record_path,
        particulars=particulars_of(kind),
    )


def _cell(item: SettingField, record: Noun) -> tuple[str, str]:
    """A field's text, and the page of the record that it names."""
    if not item.setting.applies_to(record):
        return "", ""
    value = getattr(record, item.name)
    text = ("Yes" if value else "No") if item.type is bool else shown(item, value)
    link = path_of(item.setting.references, value) if item.setting.references and isinstance(value, str) else ""
    return text, link if text else ""


def _rights(visit: Visit, kind: type[Noun]) -> dict[str, bool]:
    return {act: visit.may(f"{kind.noun}.{act}") for act in ("add", "update", "remove")}


# -- one record -----------------------------------------------------------------------------------------------


def _suggest(visit: Visit) -> Any:
    known: dict[str, list[str]] = {}

    def names(noun: str) -> list[str]:
        if noun not in known:
            if not visit.may(f"{noun}.read"):
                known[noun] = []
            else:
                found = visit.administration.records(NOUNS[noun]).find(visit.actor, limit=MAX_SUGGESTIONS)
                known[noun] = [record.key for record in found.records]
        return known[noun]

    return names


def _draw(
    visit: Visit,
    record: Noun,
    *,
    key: str,
    act: str,
    typed: bool = False,
    errors: list[FieldError] | None = None,
    sentence: str = "",
    version: str = "",
    status: int = 200,
) -> Response:
    kind = type(record)
    particulars = particulars_of(kind)
    wrong = errors or []
    may_change = visit.may(f"{kind.noun}.{'update' if act == 'edit' else 'add'}")
    drawn = controls(
        record,
        _suggest(visit),
        texts=visit.form if typed else None,
        errors=wrong,
        fixed=particulars.chosen_first,
        reveals=visit.may(READ_STRINGS),
    )
    placed = {control.name for control in drawn}
    return visit.show(
        "record.html",
        status,
        kind=kind,
        record=record,
        key=key,
        act=act,
        sections=sections(kind, drawn),
        errors=[error for error in wrong if error.field.partition("[")[0] not in placed],
        wrong=wrong,
        sentence=sentence,
        version=version,
        can=_rights(visit, kind),
        may_change=may_change and not getattr(record, "predefined", False),
        path_of=path_of,
        list_path=list_path(kind.noun),
        particulars=particulars,
    )


def show(visit: Visit) -> Response:
    """One record, to be looked at or changed."""
    kind, key = _kind(visit), visit.path_parts["key"]
    record = visit.administration.records(kind).get(visit.actor, key)
    return _draw(visit, record, key=key, act="edit", version=version_of(record))


def save(visit: Visit) -> Response:
    """Change a record, unless somebody else has changed it since the form was opened."""
    kind, key = _kind(visit), visit.path_parts["key"]
    records = visit.administration.records(kind)
    before = records.get(visit.actor, key)
    seen = visit.entered("version")
    if visit.entered(_MORE):
        return _draw(visit, before, key=key, act="edit", typed=True, version=seen)
    try:
        changes = values_of(before, visit.form, fixed=particulars_of(kind).chosen_first)
        saved = records.update(visit.actor, key, changes, unless=lambda present: version_of(present) != seen)
    except Invalid as error:
        return _draw(visit, before, key=key, act="edit", typed=True, errors=error.errors, version=seen, status=422)
    except ChangedMeanwhile:
        return _overtaken(visit, key)
    except (Refused, AlreadyExists, InUse) as error:
        return _draw(
            visit, before, key=key, act="edit", typed=True, sentence=sentence_of(error), version=seen, status=409
        )
    if saved.record == before:
        return visit.go(record_path(before), f"{kind.title} {key} stays as it is: nothing was changed.")
    return visit.go(
        record_path(saved.record),
        f"{kind.title} {saved.record.key} is saved.",
        saved.notes,
        undo=UndoOfRecord.of_changing(before, saved.record),
    )


def _overtaken(visit: Visit, key: str) -> Response:
    """Say who changed what meanwhile; what was typed stays, and a second Save stores it."""
    kind = _kind(visit)
    record = visit.administration.records(kind).get(visit.actor, key)
    sentence = overtaken_sentence(visit, kind.noun, key)
    return _draw(
        visit, record, key=key, act="edit", typed=True, sentence=sentence, version=version_of(record), status=409
    )


def choose(visit: Visit) -> Response:
    """The form for a new record; before it, where the model decides which fields there are, the choice of it."""
    kind = _kind(visit)
    particulars = particulars_of(kind)
    given = _given(visit, particulars)
    if given is None:
        first = [item for item in settings_of(kind) if item.name in particulars.chosen_first]
        return visit.show(
            "choose.html", kind=kind, choices=particulars.first_choices(), items=first, visit_path=visit.path
        )
    return _draw(visit, _new(kind, given), key="", act="new")


def _given(visit: Visit, particulars: Particulars) -> dict[str, Any] | None:
    """What was chosen before the form; None if it still has to be."""
    if not particulars.chosen_first:
        return {}
    return particulars.chosen(visit.asked("first"))


def _new(kind: type[Noun], given: Mapping[str, Any]) -> Noun:
    return blank(kind, particulars_of(kind).preset(dict(given)))


def add(visit: Visit) -> Response:
    """Store a new record."""
    kind = _kind(visit)
    particulars = particulars_of(kind)
    given = _given(visit, particulars)
    if given is None:
        return visit.go(f"{list_path(kind.noun)}/new", "Choose first, please.", kind="warning")
    draft = _new(kind, given)
    if visit.entered(_MORE):
        return _draw(visit, draft, key="", act="new", typed=True)
    try:
        values = values_of(draft, visit.form, fixed=particulars.chosen_first)
        saved = visit.administration.records(kind).add(visit.actor, blank(kind, given | values))
    except Invalid as error:
        return _draw(visit, draft, key="", act="new", typed=True, errors=error.errors, status=422)
    except (AlreadyExists, Refused) as error:
        return _draw(visit, draft, key="", act="new", typed=True, sentence=sentence_of(error), status=409)
    return visit.go(
        record_path(saved.record),
        f"{kind.title} {saved.record.key} is added.",
        saved.notes,
        undo=UndoOfRecord.of_adding(saved.record),
    )


def show_copy(visit: Visit) -> Response:
    """The form for a record like another one (ADMIN-05)."""
    kind, key = _kind(visit), visit.path_parts["key"]
    return _draw(
        visit, _without_key(visit.administration.records(kind).get(visit.actor, key)), key=key, act="copy"
    )


def copy(visit: Visit) -> Response:
    """Store a record like another one."""
    kind, key = _kind(visit), visit.path_parts["key"]
    records = visit.administration.records(kind)
    draft = _without_key(records.get(visit.actor, key))
    if visit.entered(_MORE):
        return _draw(visit, draft, key=key, act="copy", typed=True)
    try:
        saved = records.copy(
            visit.actor, key, values_of(draft, visit.form, fixed=particulars_of(kind).chosen_first)
        )
    except Invalid as error:
        return _draw(visit, draft, key=key, act="copy", typed=True, errors=error.errors, status=422)
    except (AlreadyExists, Refused) as error:
        return _draw(visit, draft, key=key, act="copy", typed=True, sentence=sentence_of(error), status=409)
    return visit.go(
        record_path(saved.record),
        f"{kind.title} {saved.record.key} is added.",
        saved.notes,
        undo=UndoOfRecord.of_adding(saved.record),
    )


def _without_key(record: Noun) -> Noun:
    """The record as a beginning for another one: without its key and what only the system sets."""
    own = {
        item.name: getattr(record, item.name)
        for item in settings_of(type(record))
        if not (item.setting.key or item.setting.read_only or item.setting.secret)
    }
    return blank(type(record), own)


# -- removing, dependents -------------------------------------------------------------------------------------


def remove(visit: Visit) -> Response:
    """Delete Selected: first the question, then the deed (ADMIN-06, ADMIN-41)."""
    kind = _kind(visit)
    keys = tuple(visit.form.get("key", ()))
    if not keys:
        return visit.go(list_path(kind.noun), "Nothing is selected.", kind="warning")
    records = visit.administration.records(kind)
    if not visit.is_sure:
        return visit.show("remove.html", kind=kind, keys=keys, list_path=list_path(kind.noun))
    gone = records.get(visit.actor, keys[0]) if len(keys) == 1 else None
    try:
        records.remove(visit.actor, *keys)
    except (InUse, Refused) as error:
        users = error.dependents if isinstance(error, InUse) else []
        return visit.show(
            "refused_removal.html",
            409,
            kind=kind,
            sentence=sentence_of(error),
            users=users,
            path_of=path_of,
            list_path=list_path(kind.noun),
            titles={noun: each.title for noun, each in NOUNS.items()},
        )
    undo = UndoOfRecord.of_removing(gone) if gone is not None and not _has_secret(gone) else None
    what = keys[0] if len(keys) == 1 else f"{len(keys)} records"
    return visit.go(list_path(kind.noun), f"{kind.title} {what}: removed.", undo=undo)


def _has_secret(record: Noun) -> bool:
    """Whether it holds a secret that adding it again would take for a newly entered one (a password's hash)."""
    return any(item.setting.secret and getattr(record, item.name) for item in settings_of(type(record)))


def dependency_records(visit: Visit) -> Response:
    """Which records use this one (ADMIN-14)."""
    kind, key = _kind(visit), visit.path_parts["key"]
    users: Any = ()
    sentence = ""
    try:
        users = visit.administration.records(kind).dependents(visit.actor, key)
    except Refused as error:
        sentence = sentence_of(error)
    return visit.show(
        "dependency_records.html",
        kind=kind,
        key=key,
        users=users,
        sentence=sentence,
        path_of=path_of,
        titles={noun: each.title for noun, each in NOUNS.items()},
    )


def reset(visit: Visit) -> Response:
    """Have a phone boot anew, or only register anew (ADMIN-07)."""
    key, restart = visit.path_parts["key"], visit.entered("restart") == "yes"
    arguments = {"device": key, "restart": restart}
    back = path_of(Phone.noun, key, WHY if visit.entered("back") == WHY else "edit")
    try:
        visit.administration.phones.reset(
            visit.actor, key, lambda: visit.site.live.ask("reset", arguments), restart=restart
        )
    except Refused as error:
        return visit.go(back, sentence_of(error), kind="warning")
    return visit.go(back, f"Phone {key} is told to {'restart' if restart else 'reset'}.")


def undo(visit: Visit) -> Response:
    """Take the last change back."""
    last, visit.session.undo = visit.session.undo, None
    if last is None:
        return visit.go("/CMAdmin/", "There is nothing to undo any longer.", kind="warning")
    return visit.go(last.path, last.perform(visit.administration, visit.actor))
