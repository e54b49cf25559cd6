"""Parameters as other use cases need them: read within their transaction, defaults included."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from ringward.administration.operation import View
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.parameters import read_parameters
from ringward.domain.server import Server
from ringward.domain.setting import Noun
from ringward.store import parameters

P = TypeVar("P", bound=Noun)


def enterprise_parameters(view: View) -> EnterpriseParameters:
    """The enterprise parameters."""
    return read_parameters(EnterpriseParameters, parameters.enterprise_texts(view.connection))


def service_parameters(view: View, kind: type[P]) -> Mapping[str, P]:
    """The parameters of one service by server, for every server."""
    texts = parameters.all_service_texts(view.connection)
    return MappingProxyType(
        {
            server.name: read_parameters(kind, texts.get((server.name, kind.title), {}))
            for server in view.every(Server)
        }
    )
