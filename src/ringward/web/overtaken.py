"""What somebody is told whose save comes after another one's: who has changed what meanwhile."""

from __future__ import annotations

from ringward.store.audit import AuditFilter
from ringward.web.visit import Visit


def overtaken_sentence(visit: Visit, noun: str, key: str) -> str:
    """Who has changed a record since it was opened, as far as the visitor may know; and what to do now."""
    sentence = "Somebody else has changed this since you opened it."
    if visit.may("audit.read"):
        wanted = AuditFilter(noun=noun, key=key)
        for entry in visit.administration.audit.find(visit.actor, wanted, limit=1).entries:
            changed = ", ".join(
                f"{name} from {was!r} to {entry.after.get(name, '')!r}" for name, was in entry.before.items()
            )
            sentence = f"{entry.actor} has changed this since you opened it: {changed}."
    return f"{sentence} Your own entries are still here; look at them, then save again to store them."
