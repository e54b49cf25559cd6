"""The web vulnerability scanner wapiti, run by Debian's Python: ``/usr/bin/python3 wapiti.py ARGUMENTS``.

Wapiti 3.0.4, as Debian 12 has it, excludes addresses (-x) by a pattern that Python 3.11 refuses, with its flags at
the end; here the flags stand where they must.
"""

from __future__ import annotations

import re
import sys

from wapitiCore.main.wapiti import wapiti_main  # type: ignore[import-not-found]
from wapitiCore.net import crawler  # type: ignore[import-not-found]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*") + r"\Z", re.MULTILINE | re.DOTALL)


if __name__ == "__main__":
    crawler.wildcard_translate = _pattern
    sys.exit(wapiti_main())
