"""The phones of a server, of a device pool or of the whole cluster: for what is done to all of them."""

from __future__ import annotations

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations
from ringward.domain.device_pool import DevicePool
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.rules.reset import Scope
from ringward.domain.server import Server
from ringward.store import phone_places

_SCOPES = {Server.noun: Scope.SERVER, DevicePool.noun: Scope.POOL}


class PhoneSets:
    """The use case."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def find(self, actor: Actor, noun: str = "", key: str = "") -> tuple[str, ...]:
        """The phones of a server (in whose pools' groups it is, CLUSTER-22) or device pool; without one, all.

        Raises :class:`NotFound`.
        """
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            if noun:
                view.get(NOUNS[noun], key)
            place = (_SCOPES[noun], noun, key) if noun else (Scope.ALL_PHONES, "", "")
            return tuple(phone_places.devices_in(view.connection, *place))
