"""The reference pages that the code decides are what the code says now."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from ringward.calls.records import CallDetailRecord

PROJECT = Path(__file__).parents[2]


def test_the_written_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/write_reference.py", "--check"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_of_call_detail_records_names_every_field() -> None:
    page = (PROJECT / "docs/reference/call-detail-records.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
    of_parties = {f"{party}_security{more}" for party in ("calling", "called") for more in ("", "_reason")}
    assert named == {field.name for field in fields(CallDetailRecord)} | {"duration"} | of_parties


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
    broken = [
        f"{page.relative_to(PROJECT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
