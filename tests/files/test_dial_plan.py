from __future__ import annotations

import pytest

from ringward.files import dial_plan
from ringward.files.dial_plan import DialRule
from ringward.files.phone_configuration import Unwritable


def test_rules_in_order() -> None:
    built = dial_plan.build(
        (DialRule("9,.......", 0, rewrite="9.......", tone="Bellcore-Outside"), DialRule("*", 5))
    )
    assert built.splitlines()[2:4] == [
        b'<TEMPLATE MATCH="9,......." Timeout="0" User="Phone" Rewrite="9......." Tone="Bellcore-Outside"/>',
        b'<TEMPLATE MATCH="*" Timeout="5" User="Phone"/>',
    ]


@pytest.mark.parametrize(
    "rule", [DialRule("\x01", 0), DialRule("*", 0, rewrite="\x01"), DialRule("*", 0, tone="\0")]
)
def test_what_xml_cannot_hold_is_refused(rule: DialRule) -> None:
    with pytest.raises(Unwritable):
        dial_plan.build((rule,))
