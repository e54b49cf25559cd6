"""``SEP<MAC>.cnf.xml``: the configuration of the phones that read XML, in a SIP and an SCCP variant.

The SIP stack of these phones matches element names with case and reads the tree by path, so both are as it knows
them; it dereferences ``commonProfile`` and ``sipProfile`` unasked, so a SIP file always has both. The SCCP variant
has neither and never carries credentials, since the protocol knows none (MODEL-09).
"""

from __future__ import annotations

from base64 import b64encode

from lxml import etree

from ringward.domain.rules.hardening import Hardening
from ringward.domain.vocabulary import Protocol, SettingsAccess, Switch, TransportType
from ringward.files.phone_configuration import (
    SIP_PORT,
    CallManagerNode,
    FileProtection,
    Locale,
    PhoneConfiguration,
    PhoneLine,
    PhoneUrls,
    SipSettings,
    SrstReference,
)
from ringward.files.time_zone import phone_zone
from ringward.files.xml_document import add, version_stamp, write

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
DSCP_SIGNALLING, DSCP_AUDIO, DSCP_SERVICES = 96, 184, 0
"""Traffic classes as the whole octet: CS3, EF, best effort."""


def build(phone: PhoneConfiguration) -> bytes:
    """The full file of a phone; raises :class:`~ringward.files.phone_configuration.Unwritable`."""
    return _stamped(phone, with_lines=True)


def build_without_lines(phone: PhoneConfiguration) -> bytes:
    """The file of a SIP phone whose lines are in a flat file: servers and load, no line, no credential.

    Loaders of 7940/7960 and 7905/7912 read it first, to learn which load to run.
    """
    return _stamped(phone, with_lines=False)


def build_partial(phone: PhoneConfiguration) -> bytes:
    """What a phone gets that asks for a clear file while its files are encrypted (TFTP-10, CFGENC-29).

    Enough to find CAPF and to ask for the encrypted file, and nothing confidential.
    """
    root = etree.Element("device")
    add(root, "fullConfig", False)
    add(root, "loadInformation", phone.load)
    add(root, "ipAddressMode", 0)
    _add_protection(root, phone.protection)
    return write(root)


def _stamped(phone: PhoneConfiguration, *, with_lines: bool) -> bytes:
    root = _device(phone, with_lines)
    stamp = root.find("versionStamp")
    if stamp is None:
        raise AssertionError("the document has no place for its version stamp")
    stamp.text = version_stamp(write(root))
    return write(root)


def _device(phone: PhoneConfiguration, with_lines: bool) -> etree._Element:
    sip = phone.protocol is Protocol.SIP
    root = etree.Element("device")
    add(root, "fullConfig", True)
    add(root, "deviceProtocol", phone.protocol.value)
    add(root, "ipAddressMode", 0)
    add_device_pool(root, phone)
    if sip:
        common = add(root, "commonProfile")
        password = phone.phone_password
        add(common, "phonePassword", password.reveal() if password is not None and with_lines else "")
        add(common, "backgroundImageAccess", True)
        add(common, "callLogBlfEnabled", 0)
        _add_sip_profile(root, phone, phone.lines if with_lines else ())
    add(root, "loadInformation", phone.load)
    _add_hardening(root, phone.hardening)
    add(root, "versionStamp")
    _add_locale(root, phone.locale)
    add(root, "deviceSecurityMode", int(phone.security_mode))
    add_urls(root, phone.urls)
    add(root, "transportLayerProtocol", TRANSPORT_CODES[phone.transport if sip else TransportType.TCP_UDP])
    add(root, "dscpForSCCPPhoneConfig", DSCP_SIGNALLING)
    add(root, "dscpForSCCPPhoneServices", DSCP_SERVICES)
    add(root, "dscpForCm2Dvce", DSCP_SIGNALLING)
    _add_protection(root, phone.protection)
    return root


def add_device_pool(root: etree._Element, phone: PhoneConfiguration) -> None:
    """Append ``devicePool``: time, servers and the survivable gateway."""
    pool = add(root, "devicePool")
    add_date_time(pool, phone.date_template, phone.time_zone, phone.ntp_servers)
    add_call_managers(pool, phone.call_managers)
    _add_srst(pool, phone.srst)
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


def _add_sip_profile(root: etree._Element, phone: PhoneConfiguration, lines: tuple[PhoneLine, ...]) -> None:
    profile = add(root, "sipProfile")
    proxies = add(profile, "sipProxies")
    for server in ("backup", "emergency", "outbound"):
        add(proxies, f"{server}Proxy", "")
        add(proxies, f"{server}ProxyPort", "")
    add(proxies, "registerWithProxy", True)
    _add_call_features(profile)
    _add_sip_stack(profile, phone.sip)
    add(profile, "autoAnswerTimer", 1)
    add(profile, "autoAnswerAltBehavior", False)
    add(profile, "autoAnswerOverride", True)
    add(profile, "transferOnhookEnabled", False)
    add(profile, "enableVad", False)
    add(profile, "preferredCodec", phone.sip.preferred_codec)
    add(profile, "dtmfAvtPayload", phone.sip.dtmf_payload_type)
    add(profile, "dtmfDbLevel", 3)
    add(profile, "dtmfOutofBand", "avt")
    add(profile, "kpml", phone.sip.kpml)
    add(profile, "alwaysUsePrimeLine", False)
    add(profile, "phoneLabel", phone.phone_label)
    add(profile, "stutterMsgWaiting", 0)
    add(profile, "callStats", False)
    add(profile, "offhookToFirstDigitTimer", 15000)
    add(profile, "silentPeriodBetweenCallWaitingBursts", 10)
    add(profile, "disableLocalSpeedDialConfig", False)
    add(profile, "startMediaPort", phone.sip.first_media_port)
    add(profile, "stopMediaPort", phone.sip.last_media_port)
    keys = add(profile, "sipLines")
    for index, line in enumerate(lines, start=1):
        _add_line(keys, index, line)
    add(profile, "voipControlPort", phone.sip.phone_port)
    add(profile, "dscpForAudio", DSCP_AUDIO)
    add(profile, "ringSettingBusyStationPolicy", 0)
    add(profile, "dialTemplate", phone.dial_template)
    add(profile, "softKeyFile", phone.soft_key_file)


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


def _add_line(keys: etree._Element, index: int, line: PhoneLine) -> None:
    key = add(keys, "line", button=line.button, lineIndex=index)
    add(key, "featureID", FEATURE_LINE)
    add(key, "featureLabel", line.label or line.number)
    add(key, "proxy", "USECALLMANAGER")
    add(key, "port", SIP_PORT)
    add(key, "name", line.number)
    add(key, "displayName", line.display_name)
    add(add(key, "autoAnswer"), "autoAnswerEnabled", 2)
    add(key, "callWaiting", 3)
    if line.digest is not None:
        add(key, "authName", line.digest.user)
        add(key, "authPassword", line.digest.password.reveal())
    add(key, "sharedLine", line.shared)
    add(key, "messageWaitingLampPolicy", 3)
    add(key, "messagesNumber", line.messages_number)
    add(key, "ringSettingIdle", 4)
    add(key, "ringSettingActive", 5)
    add(key, "contact", line.contact or line.number)
    add(key, "maxNumCalls", line.max_calls)
    add(key, "busyTrigger", line.busy_trigger)
    shown = add(key, "forwardCallInfoDisplay")
    add(shown, "callerName", True)
    add(shown, "callerNumber", False)
    add(shown, "redirectedNumber", False)
    add(shown, "dialedNumber", True)


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


def _add_protection(root: etree._Element, protection: FileProtection) -> None:
    add(root, "capfAuthMode", protection.capf_authentication_mode)
    servers = add(root, "capfList")
    for server in protection.capf:
        capf = add(servers, "capf")
        add(capf, "phonePort", server.port)
        add(capf, "processNodeName", server.process_node_name)
    add(root, "certHash", protection.certificate_hash)
    add(root, "encrConfig", protection.encrypted)
