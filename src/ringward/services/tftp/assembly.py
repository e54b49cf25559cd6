"""Puts the file service of a node together: what is served, who signs it, and within which limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ringward.domain.alarm import Report
from ringward.domain.listed_certificate import ListedCertificate
from ringward.domain.rules.device_security import signs_files
from ringward.files.phone_configuration import CAPF_PORT
from ringward.pki.file_ciphers import FileCiphers
from ringward.pki.listing import verify_signature
from ringward.services.alarm_log import log_alarm
from ringward.services.configuration import PresentConfiguration
from ringward.services.tftp.desk import TrustListFetched
from ringward.services.tftp.library import MAX_CACHE, FileLibrary
from ringward.services.tftp.protection import ClusterProtection
from ringward.services.tftp.service import TftpService, limits_in_force
from ringward.services.tftp.signing_anew import SigningAnew
from ringward.services.tftp.signing_key import SigningKey
from ringward.services.tftp.source import ClusterSource
from ringward.services.tftp.static_files import StaticFiles
from ringward.services.tftp.trust_lists import ClusterTrustLists, IdentityTrustList


def file_service(
    configuration: PresentConfiguration,
    signing_key: SigningKey,
    folder: Path,
    *,
    port_offset: int = 0,
    certificate_of: Callable[[str], bytes | None] = lambda device_name: None,
    capf: Callable[[], ListedCertificate | None] = lambda: None,
    capf_port: int = CAPF_PORT,
    ctl_file_is_in_force: Callable[[bytes], bool] = lambda content: True,
    trust_list_fetched: TrustListFetched | None = None,
    alarm: Report = log_alarm,
) -> TftpService:
    """The file service with its parameters as they are now; a change of these needs a restart.

    ``folder`` holds the static files, ``certificate_of`` tells the certificate (DER) of a phone, ``capf`` that of
    CAPF once there is one. ``ctl_file_is_in_force`` knows the file that the CTL client left;
    ``trust_list_fetched`` hears who got it.
    """

    def signs() -> bool:
        enterprise = configuration.current.enterprise
        return signs_files(enterprise.cluster_security_mode, identity_trust_list=enterprise.identity_trust_list)

    parameters = configuration.current.tftp[configuration.server.name]
    static = StaticFiles(folder)
    protection = ClusterProtection(signs, signing_key, FileCiphers())
    trust_lists = ClusterTrustLists(
        static,
        IdentityTrustList(signing_key, lambda: configuration.server.address, capf),
        lambda: configuration.current.enterprise.identity_trust_list,
        verify_signature,
        ctl_file_is_in_force,
    )
    library = FileLibrary(
        ClusterSource(lambda: configuration.current, port_offset, certificate_of, capf_port),
        static,
        protection=protection,
        trust_lists=trust_lists,
        max_cache=MAX_CACHE if parameters.enable_caching else 0,
        alarm=alarm,
    )
    return TftpService(
        library,
        tftp_limits=limits_in_force(parameters),
        signing_anew=SigningAnew(library, protection),
        trust_list_fetched=trust_list_fetched,
    )
