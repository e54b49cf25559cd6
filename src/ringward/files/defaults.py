"""``XMLDefault.cnf.xml``: what a phone reads when it has no file of its own, to find servers and firmware."""

from __future__ import annotations

from lxml import etree

from ringward.files.phone_configuration import DefaultConfiguration
from ringward.files.sep_xml import add_call_managers, add_date_time, add_urls
from ringward.files.xml_document import add, write


def build(default: DefaultConfiguration) -> bytes:
    """The default file; it holds nothing confidential."""
    root = etree.Element("Default")
    add_call_managers(root, default.call_managers)
    pool = add(root, "devicePool")
    add_date_time(pool, default.date_template, default.time_zone, default.ntp_servers)
    add_urls(root, default.urls)
    for load in default.loads:
        add(root, f"loadInformation{load.device_type}", load.load, model=load.model)
    return write(root)
