"""The services that a node can run, in the order in which they start; they stop in the opposite one.

A new service is one more entry in ``domain/service.py`` and one here.
"""

from __future__ import annotations

from ringward.services.administration_web.description import ADMINISTRATION_WEB_SERVICE
from ringward.services.call_manager.description import CALL_MANAGER_SERVICE
from ringward.services.capf.description import CAPF_SERVICE
from ringward.services.ctl_provider.description import CTL_PROVIDER_SERVICE
from ringward.services.service import ServiceDescription
from ringward.services.tftp.description import TFTP_SERVICE

CATALOGUE: tuple[ServiceDescription, ...] = (
    TFTP_SERVICE,
    CALL_MANAGER_SERVICE,
    CAPF_SERVICE,
    CTL_PROVIDER_SERVICE,
    ADMINISTRATION_WEB_SERVICE,
)
