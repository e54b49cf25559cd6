"""``SEP<MAC>.cnf.xml``: the configuration of the phones that read XML, in a SIP and an SCCP variant.

The SIP stack of these phones matches element names with case and reads the tree by path, so both are as it knows
them; it dereferences ``commonProfile`` and ``sipProfile`` unasked, so a SIP file always has both. The SCCP variant
has neither and never carries credentials, since the protocol knows none (MODEL-09).
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from ringward.domain.rules.hardening import Hardening
from ringward.domain.vocabulary import Protocol, SettingsAccess, Switch, TransportType
from ringward.files.phone_configuration import (
    SIP_PORT,
    CallManagerNode,
    CapfAddress,
    CommonConfiguration,
    Locale,
    PhoneConfiguration,
    PhoneLine,
    PhoneUrls,
    SipSettings,
    SrstReference,
)
from ringward.files.time_zone import phone_zone
from ringward.files.xml_document import BLANK, Form, add, write

TRANSPORT_CODES = {TransportType.TCP: 1, TransportType.UDP: 2, TransportType.TLS: 3, TransportType.TCP_UDP: 4}
"""``transportLayerProtocol``; SCCP files carry the last."""
SETTINGS_ACCESS_CODES = {SettingsAccess.DISABLED: 0, SettingsAccess.ENABLED: 1, SettingsAccess.RESTRICTED: 2}
GARP_CODES = {Switch.ENABLED: 0, Switch.DISABLED: 1}
"""``garp``. Published sources disagree which is which; nearly every published file carries 0 while the guide says
that announcements are accepted by default (HARD-02), so 0 is taken as accepted. To be tried on a phone."""
VOICE_VLAN_ACCESS_CODES = {Switch.ENABLED: 0, Switch.DISABLED: 1}
"""``voiceVlanAccess``. Sources disagree here too; 0 is the usual published value and the default is enabled."""
SWITCH_CODES = {Switch.ENABLED: 0, Switch.DISABLED: 1}
"""``pcPort`` and ``webAccess``."""
MGCP_PORT, MGCP_KEEPALIVE_PORT = 2427, 2428
"""Present in every published file, unused by phones."""
FEATURE_LINE = 9
"""``featureID`` of a line key."""
MAX_FORMS = 512
"""Forms that are kept, some 14 KiB each: one for the phones of a device pool with the same settings and lines."""
DSCP_SIGNALLING, DSCP_AUDIO, DSCP_SERVICES = 96, 184, 0
"""Traffic classes as the whole octet: CS3, EF, best effort."""


def build(phone: PhoneConfiguration) -> bytes:
    """The full file of a phone; raises :class:`~ringward.files.phone_configuration.Unwritable`."""
    return _filled(phone, with_lines=True)


def build_without_lines(phone: PhoneConfiguration) -> bytes:
    """The file of a SIP phone whose lines are in a flat file: servers and load, no line, no credential.

    Loaders of 7940/7960 and 7905/7912 read it first, to learn which load to run.
    """
    return _filled(phone, with_lines=False)


def build_partial(phone: PhoneConfiguration) -> bytes:
    """What a phone gets that asks for a clear file while its files are encrypted (TFTP-10, CFGENC-29).

    Enough to find CAPF and to ask for the encrypted file, and nothing confidential.
    """
    root = etree.Element("device")
    add(root, "fullConfig", False)
    add(root, "loadInformation", phone.load)
    add(root, "ipAddressMode", 0)
    own, common = phone.protection, phone.common
    _add_protection(root, own.capf_authentication_mode, own.certificate_hash, common.capf, common.encrypted)
    return write(root)


class _Shape(NamedTuple):
    """All that decides about the form of a file; nothing secret, since forms are kept."""

    lines: tuple[tuple[int, bool], ...]
    """Of each line its button, and whether it has digest credentials."""
    load: str
    hardening: Hardening
    common: CommonConfiguration

    def __hash__(self) -> int:
        """Without what is hardly ever different."""
        return hash((self.lines, self.load, self.common))


def _filled(phone: PhoneConfiguration, *, with_lines: bool) -> bytes:
    lines = phone.lines if with_lines else ()
    shapes = tuple([(line.button, line.digest is not None) for line in lines])
    form = _form(_Shape(shapes, phone.load, phone.hardening, phone.common))
    return form.filled(_own(phone, lines, with_password=with_lines))


def _own(phone: PhoneConfiguration, lines: tuple[PhoneLine, ...], *, with_password: bool) -> list[str]:
    """What only this phone's file says: the blanks of its form, in their order."""
    own: list[str] = []
    if phone.common.protocol is Protocol.SIP:
        password = phone.phone_password if with_password else None
        own += (password.reveal() if password is not None else "", phone.phone_label)
        for line in lines:
            own += _own_of_line(line)
    own += (str(phone.protection.capf_authentication_mode), phone.protection.certificate_hash)
    return own


@lru_cache(MAX_FORMS)
def _form(shape: _Shape) -> Form:
    common = shape.common
    sip = common.protocol is Protocol.SIP
    root = etree.Element("device")
    add(root, "fullConfig", True)
    add(root, "deviceProtocol", common.protocol.value)
    add(root, "ipAddressMode", 0)
    _add_device_pool(root, common)
    if sip:
        profile = add(root, "commonProfile")
        add(profile, "phonePassword", BLANK)
        add(profile, "backgroundImageAccess", True)
        add(profile, "callLogBlfEnabled", 0)
        _add_sip_profile(root, shape)
    add(root, "loadInformation", shape.load)
    _add_hardening(root, shape.hardening)
    add(root, "versionStamp", BLANK)
    _add_locale(root, common.locale)
    add(root, "deviceSecurityMode", int(common.security_mode))
    add_urls(root, common.urls)
    add(root, "transportLayerProtocol", TRANSPORT_CODES[common.transport if sip else TransportType.TCP_UDP])
    add(root, "dscpForSCCPPhoneConfig", DSCP_SIGNALLING)
    add(root, "dscpForSCCPPhoneServices", DSCP_SERVICES)
    add(root, "dscpForCm2Dvce", DSCP_SIGNALLING)
    _add_protection(root, BLANK, BLANK, common.capf, common.encrypted)
    return Form(root)


def _add_device_pool(root: etree._Element, common: CommonConfiguration) -> None:
    """Append ``devicePool``: time, servers and the survivable gateway."""
    pool = add(root, "devicePool")
    add_date_time(pool, common.date_template, common.time_zone, common.ntp_servers)
    add_call_managers(pool, common.call_managers)
    _add_srst(pool, common.srst)
    add(pool, "revertPriority", 0)
    add(pool, "connectionMonitorDuration", 120)


def add_date_time(parent: etree._Element, template: str, zone: str, ntp_servers: tuple[str, ...]) -> None:
    """Append ``dateTimeSetting``."""
    setting = add(parent, "dateTimeSetting")
    add(setting, "dateTemplate", template)
    add(setting, "timeZone", phone_zone(zone).name)
    ntps = add(setting, "ntps")
    for server in ntp_servers:
        ntp = add(ntps, "ntp")
        add(ntp, "name", server)
        add(ntp, "ntpMode", "Unicast")


def add_call_managers(parent: etree._Element, nodes: tuple[CallManagerNode, ...]) -> None:
    """Append ``callManagerGroup``, members in order of priority."""
    members = add(add(parent, "callManagerGroup"), "members")
    for priority, node in enumerate(nodes):
        manager = add(add(members, "member", priority=priority), "callManager")
        add(manager, "name", node.name)
        add(manager, "description", node.description)
        ports = add(manager, "ports")
        add(ports, "ethernetPhonePort", node.ethernet_phone_port)
        add(ports, "sipPort", node.sip_port)
        add(ports, "securedSipPort", node.sip_secure_port)
        mgcp = add(ports, "mgcpPorts")
        add(mgcp, "listen", MGCP_PORT)
        add(mgcp, "keepAlive", MGCP_KEEPALIVE_PORT)
        add(manager, "processNodeName", node.process_node_name)


def add_urls(parent: etree._Element, urls: PhoneUrls) -> None:
    """Append the addresses behind the buttons."""
    add(parent, "idleTimeout", urls.idle_seconds)
    add(parent, "authenticationURL", urls.authentication)
    add(parent, "directoryURL", urls.directory)
    add(parent, "idleURL", urls.idle)
    add(parent, "informationURL", urls.information)
    add(parent, "messagesURL", urls.messages)
    add(parent, "proxyServerURL", urls.proxy_server)
    add(parent, "servicesURL", urls.services)


def _add_srst(pool: etree._Element, srst: SrstReference | None) -> None:
    info = add(pool, "srstInfo")
    add(info, "name", srst.name if srst else "Disable")
    add(info, "srstOption", "User Specific" if srst else "Disable")
    add(info, "userModifiable", False)
    for index in (1, 2, 3):
        given = srst if index == 1 else None
        add(info, f"ipAddr{index}", given.address if given else "")
        add(info, f"port{index}", given.port if given else 2000)
    for index in (1, 2, 3):
        given = srst if index == 1 else None
        add(info, f"sipIpAddr{index}", given.address if given else "")
        add(info, f"sipPort{index}", given.sip_port if given else 5060)
    add(info, "isSecure", bool(srst and srst.secure))
    if srst and srst.secure and srst.certificate:
        add(info, "certificate", b64encode(srst.certificate).decode("ascii"))


def _add_sip_profile(root: etree._Element, shape: _Shape) -> None:
    sip = shape.common.sip
    profile = add(root, "sipProfile")
    proxies = add(profile, "sipProxies")
    for server in ("backup", "emergency", "outbound"):
        add(proxies, f"{server}Proxy", "")
        add(proxies, f"{server}ProxyPort", "")
    add(proxies, "registerWithProxy", True)
    _add_call_features(profile)
    _add_sip_stack(profile, sip)
    add(profile, "autoAnswerTimer", 1)
    add(profile, "autoAnswerAltBehavior", False)
    add(profile, "autoAnswerOverride", True)
    add(profile, "transferOnhookEnabled", False)
    add(profile, "enableVad", False)
    add(profile, "preferredCodec", sip.preferred_codec)
    add(profile, "dtmfAvtPayload", sip.dtmf_payload_type)
    add(profile, "dtmfDbLevel", 3)
    add(profile, "dtmfOutofBand", "avt")
    add(profile, "kpml", sip.kpml)
    add(profile, "alwaysUsePrimeLine", False)
    add(profile, "phoneLabel", BLANK)
    add(profile, "stutterMsgWaiting", 0)
    add(profile, "callStats", False)
    add(profile, "offhookToFirstDigitTimer", 15000)
    add(profile, "silentPeriodBetweenCallWaitingBursts", 10)
    add(profile, "disableLocalSpeedDialConfig", False)
    add(profile, "startMediaPort", sip.first_media_port)
    add(profile, "stopMediaPort", sip.last_media_port)
    keys = add(profile, "sipLines")
    for index, (button, has_digest) in enumerate(shape.lines, start=1):
        _add_line(keys, index, button, has_digest=has_digest)
    add(profile, "voipControlPort", sip.phone_port)
    add(profile, "dscpForAudio", DSCP_AUDIO)
    add(profile, "ringSettingBusyStationPolicy", 0)
    add(profile, "dialTemplate", shape.common.dial_template)
    add(profile, "softKeyFile", shape.common.soft_key_file)


def _add_call_features(profile: etree._Element) -> None:
    features = add(profile, "sipCallFeatures")
    add(features, "cnfJoinEnabled", True)
    add(features, "callForwardURI", "x-serviceuri-cfwdall")
    add(features, "callPickupURI", "x-cisco-serviceuri-pickup")
    add(features, "callPickupListURI", "x-cisco-serviceuri-opickup")
    add(features, "callPickupGroupURI", "x-cisco-serviceuri-gpickup")
    add(features, "meetMeServiceURI", "x-cisco-serviceuri-meetme")
    add(features, "abbreviatedDialURI", "x-cisco-serviceuri-abbrdial")
    add(features, "rfc2543Hold", False)
    add(features, "callHoldRingback", 2)
    add(features, "localCfwdEnable", True)
    add(features, "semiAttendedTransfer", True)
    add(features, "anonymousCallBlock", 2)
    add(features, "callerIdBlocking", 2)
    add(features, "dndControl", 0)
    add(features, "remoteCcEnable", True)
    add(features, "retainForwardInformation", False)


def _add_sip_stack(profile: etree._Element, sip: SipSettings) -> None:
    stack = add(profile, "sipStack")
    add(stack, "sipInviteRetx", sip.invite_retransmissions)
    add(stack, "sipRetx", sip.retransmissions)
    add(stack, "timerInviteExpires", sip.invite_expires)
    add(stack, "timerRegisterExpires", sip.register_expires)
    add(stack, "timerRegisterDelta", sip.register_delta)
    add(stack, "timerKeepAliveExpires", sip.keepalive_expires)
    add(stack, "timerSubscribeExpires", sip.subscribe_expires)
    add(stack, "timerSubscribeDelta", sip.subscribe_delta)
    add(stack, "timerT1", sip.t1_milliseconds)
    add(stack, "timerT2", sip.t2_milliseconds)
    add(stack, "maxRedirects", 70)
    add(stack, "remotePartyID", True)
    add(stack, "userInfo", "None")


def _add_line(keys: etree._Element, index: int, button: int, *, has_digest: bool) -> None:
    key = add(keys, "line", button=button, lineIndex=index)
    add(key, "featureID", FEATURE_LINE)
    add(key, "featureLabel", BLANK)
    add(key, "proxy", "USECALLMANAGER")
    add(key, "port", SIP_PORT)
    add(key, "name", BLANK)
    add(key, "displayName", BLANK)
    add(add(key, "autoAnswer"), "autoAnswerEnabled", 2)
    add(key, "callWaiting", 3)
    if has_digest:
        add(key, "authName", BLANK)
        add(key, "authPassword", BLANK)
    add(key, "sharedLine", BLANK)
    add(key, "messageWaitingLampPolicy", 3)
    add(key, "messagesNumber", BLANK)
    add(key, "ringSettingIdle", 4)
    add(key, "ringSettingActive", 5)
    add(key, "contact", BLANK)
    add(key, "maxNumCalls", BLANK)
    add(key, "busyTrigger", BLANK)
    shown = add(key, "forwardCallInfoDisplay")
    add(shown, "callerName", True)
    add(shown, "callerNumber", False)
    add(shown, "redirectedNumber", False)
    add(shown, "dialedNumber", True)


def _own_of_line(line: PhoneLine) -> tuple[str, ...]:
    """The blanks of :func:`_add_line`."""
    digest, number = line.digest, line.number
    return (
        line.label or number,
        number,
        line.display_name,
        *((digest.user, digest.password.reveal()) if digest is not None else ()),
        "true" if line.shared else "false",
        line.messages_number,
        line.contact or number,
        str(line.max_calls),
        str(line.busy_trigger),
    )


def _add_hardening(root: etree._Element, hardening: Hardening) -> None:
    block = add(root, "vendorConfig")
    add(block, "disableSpeaker", False)
    add(block, "disableSpeakerAndHeadset", False)
    if hardening.pc_port is not None:
        add(block, "pcPort", SWITCH_CODES[hardening.pc_port])
    if hardening.settings_access is not None:
        add(block, "settingsAccess", SETTINGS_ACCESS_CODES[hardening.settings_access])
    if hardening.gratuitous_arp is not None:
        add(block, "garp", GARP_CODES[hardening.gratuitous_arp])
    if hardening.pc_voice_vlan_access is not None:
        add(block, "voiceVlanAccess", VOICE_VLAN_ACCESS_CODES[hardening.pc_voice_vlan_access])
    add(block, "videoCapability", 0)
    add(block, "autoSelectLineEnable", 0)
    if hardening.web_access is not None:
        add(block, "webAccess", SWITCH_CODES[hardening.web_access])


def _add_locale(root: etree._Element, locale: Locale) -> None:
    user = add(root, "userLocale")
    add(user, "name", locale.user_locale)
    add(user, "uid", locale.user_locale_id)
    add(user, "langCode", locale.language)
    add(user, "version", locale.version)
    add(user, "winCharSet", locale.character_set)
    add(root, "networkLocale", locale.network_locale)
    network = add(root, "networkLocaleInfo")
    add(network, "name", locale.network_locale)
    add(network, "uid", locale.network_locale_id)
    add(network, "version", locale.version)


def _add_protection(
    root: etree._Element,
    mode: int | str,
    certificate_hash: str,
    servers: tuple[CapfAddress, ...],
    encrypted: bool,
) -> None:
    add(root, "capfAuthMode", mode)
    capfs = add(root, "capfList")
    for server in servers:
        capf = add(capfs, "capf")
        add(capf, "phonePort", server.port)
        add(capf, "processNodeName", server.process_node_name)
    add(root, "certHash", certificate_hash)
    add(root, "encrConfig", encrypted)
