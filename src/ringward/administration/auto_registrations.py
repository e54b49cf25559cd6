"""Auto-registration: the ranges of the servers, and the phones that come into being by them (CLUSTER-11)."""

from __future__ import annotations

from dataclasses import replace

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View, Work
from ringward.administration.phones import Phones
from ringward.administration.records import Records
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.auto_registration import AutoRegistration
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rights import EVERYTHING
from ringward.domain.vocabulary import ClusterSecurityMode, Protocol
from ringward.store.criteria import Comparison, Criterion
from ringward.store.repository import Repositories

_ACTOR = Actor("auto-registration", EVERYTHING, "a phone's registration")
_ADD = f"{Phone.noun}.add"
NOT_IN_MIXED_MODE = "auto-registration does not work in mixed mode, where nobody is taken in without proof"


class AutoRegistrations(Records[AutoRegistration]):
    """The use cases of auto-registration."""

    def __init__(self, operations: Operations, repositories: Repositories, phones: Phones) -> None:
        super().__init__(operations, repositories, AutoRegistration)
        self._phones = phones

    def take_in(self, server: str, device: str, model: str) -> Phone:
        """Make a phone of a device that has asked ``server`` to be registered, with the next free number.

        Raises :class:`Refused` when it cannot be, which the audit log tells too.
        """
        with self._operations.attempt(_ACTOR, _ADD, Phone.noun, device) as work:
            return self._phones.add_within(work, _newcomer(work, server, device, model))

    def _check(self, work: Work, before: AutoRegistration | None, after: AutoRegistration | None) -> None:
        super()._check(work, before, after)
        if after is not None and after.enabled and _is_mixed(work):
            raise Refused(NOT_IN_MIXED_MODE)


def switch_off(work: Work) -> None:
    """Mixed mode begins: no server takes in unknown phones any more."""
    for each in work.every(AutoRegistration):
        if each.enabled:
            work.update(each, replace(each, enabled=False))


def _is_mixed(view: View) -> bool:
    return enterprise_parameters(view).cluster_security_mode is ClusterSecurityMode.MIXED


def _newcomer(view: View, server: str, device: str, model: str) -> Phone:
    if _is_mixed(view):
        raise Refused(NOT_IN_MIXED_MODE)
    its = view.find(AutoRegistration, server)
    if its is None or not its.enabled:
        raise Refused(f"auto-registration is off on {server}")
    number = _free_number(view, its)
    return Phone(
        device,
        model,
        Protocol.SIP,
        nonsecure_profile_name(model, Protocol.SIP),
        description=f"Auto {number}",
        device_pool=its.device_pool,
        calling_search_space=its.calling_search_space,
        lines=(PhoneLine(1, DirectoryNumber.join_key((number, its.partition))),),
    )


def _free_number(view: View, its: AutoRegistration) -> str:
    in_partition = [Criterion("partition", Comparison.IS_EXACTLY, its.partition)]
    taken = {each.number for each in view.search(DirectoryNumber, in_partition)}
    for number in its.numbers():
        if number not in taken:
            return number
    raise Refused(f"no number from {its.first} to {its.last} is free for auto-registration on {its.server}")
