"""Administrators who open pages.

    python -m benchmarks.page_load PORT ADMINISTRATORS SECONDS THINK PATH... < PASSWORD

Each has a connection of its own, opens the pages in turn, and thinks for some seconds before the next one. They
share a session, as many who sign in from one address within a minute are slowed down. Times are those of a whole
answer. Prints for each page what it counted as JSON.
"""

from __future__ import annotations

import http.client
import json
import ssl
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlencode

USER = "administrator"
PATIENCE_SECONDS = 30.0


class Administrator:
    """One browser without pictures."""

    def __init__(self, port: int, cookie: str, paths: Sequence[str], first: int) -> None:
        self._connection = _connection(port)
        self._cookie, self._paths, self._next = cookie, paths, first
        self.times: dict[str, list[float]] = {path: [] for path in paths}
        self.failed = 0

    def open_pages(self, until: float, think: float) -> None:
        """Open one after another, one at least."""
        self._open_next()
        while time.monotonic() + think < until:
            time.sleep(think)
            self._open_next()

    def _open_next(self) -> None:
        path = self._paths[self._next % len(self._paths)]
        self._next += 1
        begun = time.monotonic()
        try:
            self._connection.request("GET", path, headers={"Cookie": self._cookie, "Accept": "text/html"})
            answer = self._connection.getresponse()
            answer.read()
            if answer.status == 200:
                self.times[path].append(time.monotonic() - begun)
            else:
                self.failed += 1
        except (OSError, http.client.HTTPException):
            self.failed += 1
            self._connection.close()


def _connection(port: int) -> http.client.HTTPSConnection:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the node vouches for itself
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS, context=context)


def sign_in(port: int, password: str) -> str:
    """The cookie of a new session."""
    connection = _connection(port)
    form = urlencode({"user": USER, "password": password, "next": "", "as": ""})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://127.0.0.1:{port}"}
    connection.request("POST", "/sign-in", form, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 303:
        raise SystemExit(f"signing in was answered by {answer.status}")
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


def run(
    port: int, password: str, count: int, seconds: float, think: float, paths: Sequence[str]
) -> dict[str, object]:
    cookie = sign_in(port, password)
    administrators = [Administrator(port, cookie, paths, first) for first in range(count)]
    begun = time.monotonic()
    threads = [threading.Thread(target=each.open_pages, args=(begun + seconds, think)) for each in administrators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - begun
    pages = {}
    for path in paths:
        times = sorted(each for administrator in administrators for each in administrator.times[path])
        if times:
            late = times[min(len(times) - 1, int(len(times) * 0.99))]
            pages[path] = {"opened": len(times), "median": statistics.median(times), "p99": late}
    return {"seconds": elapsed, "failed": sum(each.failed for each in administrators), "pages": pages}


if __name__ == "__main__":
    port, count, seconds, think, *paths = sys.argv[1:]
    password = sys.stdin.readline().rstrip("\n")
    print(json.dumps(run(int(port), password, int(count), float(seconds), float(think), paths)))
