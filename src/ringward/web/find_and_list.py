"""Find and List windows: criteria, order and page, all of them in the address, to be kept (ADMIN-01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ringward.domain.errors import FieldError, Invalid
from ringward.domain.setting import Noun, settings_of
from ringward.store.criteria import Comparison, Criterion

PAGE_SIZES = (20, 50, 100, 250)
_WHERE = "where"
_MAX_CRITERIA = 10
"""Searches within results of searches; each is one more condition of the query."""
_MAX_PAGE = 1_000_000

_NEEDS_NO_VALUE = frozenset((Comparison.IS_EMPTY, Comparison.IS_NOT_EMPTY))
_BY_NAME = {each.name.lower().replace("_", "-"): each for each in Comparison}
_NAMES = {each: name for name, each in _BY_NAME.items()}
COMPARISONS = tuple((name, each.value) for name, each in _BY_NAME.items())
"""Name and words of each comparison, for the drop-down list."""


def write_criterion(criterion: Criterion) -> str:
    """A criterion as one text, as it stands in addresses."""
    return f"{criterion.field}:{_NAMES[criterion.comparison]}:{criterion.value}"


def read_criterion(text: str) -> Criterion:
    """The inverse of :func:`write_criterion`; raises :class:`Invalid`."""
    field, _, rest = text.partition(":")
    name, _, value = rest.partition(":")
    comparison = _BY_NAME.get(name)
    if comparison is None:
        raise Invalid("search", field, [FieldError("comparison", name, ", ".join(_BY_NAME))])
    return Criterion(field, comparison, value)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and which part of the results is shown."""

    criteria: tuple[Criterion, ...] = ()
    order: str = ""
    descending: bool = False
    page: int = 1
    size: int = 50
    is_begun: bool = True
    """Whether a search was asked for at all."""

    @property
    def offset(self) -> int:
        """Results before this page."""
        return (self.page - 1) * self.size

    def query(self, **changes: object) -> str:
        """The address' query for this search with something changed."""
        other = replace(self, **changes)  # type: ignore[arg-type]  # the names are those of this class
        parts = [(_WHERE, write_criterion(each)) for each in other.criteria]
        if other.order:
            parts.append(("order", ("-" if other.descending else "") + other.order))
        if other.page > 1:
            parts.append(("page", str(other.page)))
        if other.size != 50:
            parts.append(("size", str(other.size)))
        return "?" + urlencode(parts) if parts else "?"

    def sorted_by(self, field: str) -> str:
        """The query that sorts by a field, or the other way round if it is sorted by it already."""
        return self.query(order=field, descending=self.order == field and not self.descending, page=1)


def read_search(query: Mapping[str, Sequence[str]]) -> Search:
    """Read a search from the query of an address; raises :class:`Invalid` for what it cannot be."""
    earlier = [read_criterion(text) for text in query.get(_WHERE, ())]
    field, value = _one(query, "field"), _one(query, "value")
    new = []
    if field:
        criterion = read_criterion(f"{field}:{_one(query, 'comparison')}:{value}")
        if value or criterion.comparison in _NEEDS_NO_VALUE:
            new.append(criterion)
        if not query.get("within"):
            earlier = []  # without "Search Within Results" a new search begins (ADMIN-02)
    criteria = tuple(dict.fromkeys((*earlier, *new)))
    if len(criteria) > _MAX_CRITERIA:
        raise Invalid("search", "", [FieldError(_WHERE, f"{len(criteria)} criteria", f"at most {_MAX_CRITERIA}")])
    order = _one(query, "order")
    size = _number(_one(query, "size"), 50)
    return Search(
        criteria,
        order.removeprefix("-"),
        order.startswith("-"),
        page=page_number(_one(query, "page")),
        size=size if size in PAGE_SIZES else 50,
    )


def _one(query: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(query.get(name, ())), "")


def page_number(text: str) -> int:
    """Which page an address asks for, from 1; the first one if it asks for none that there could be."""
    return min(max(_number(text, 1), 1), _MAX_PAGE)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def searchable(kind: type[Noun]) -> list[tuple[str, str]]:
    """Field and label of everything that can be searched for, those that are listed first (ADMIN-03)."""
    found = []
    for item in settings_of(kind):
        if item.is_record_list:
            found += [
                (f"{item.name}.{part.name}", f"{item.item_type.title}: {part.setting.label}")
                for part in settings_of(item.item_type)
                if not part.is_list and not part.setting.secret
            ]
        else:
            found.append((item.name, item.setting.label))
    return found
