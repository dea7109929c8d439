"""A small client of the JSON API, by the standard library alone."""

import http.client
import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

IDLE = 5
"""Seconds after which the gateway may have closed a connection that nobody used."""
_TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_TRUSTING.check_hostname = False
_TRUSTING.verify_mode = ssl.CERT_NONE  # self-signed, on loopback


class ApiError(Exception):
    """The API said no."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Api:
    """Calls with one bearer token; answers are what the JSON says.

    Each thread keeps its connection: a handshake costs more than most answers.
    """

    url: str
    token: str = ""
    _kept: threading.local = field(default_factory=threading.local, repr=False)

    @classmethod
    def login(cls, url: str, login: str, password: str) -> "Api":
        answer = cls(url).post("/api/login", {"login": login, "password": password})
        return cls(url, answer["token"])

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PUT", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, None, headers)

    def call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        """Send bytes as they are, all else as JSON; bytes come back as they are."""
        data = body
        kind = "application/octet-stream"
        if body is not None and not isinstance(body, bytes):
            data, kind = json.dumps(body).encode(), "application/json"
        words = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            words["Content-Type"] = kind
        if self.token:
            words["Authorization"] = f"Bearer {self.token}"
        try:
            status, found = self._ask(method, path, data, words)
        except (ConnectionError, ssl.SSLEOFError, http.client.HTTPException):
            if method != "GET":
                raise
            # the gateway closes what was idle, and may do so just now
            status, found = self._ask(method, path, data, words)
        if status >= http.client.BAD_REQUEST:
            raise ApiError(status, found)
        return found

    def _ask(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Any]:
        connection = self._connection()
        try:
            connection.request(method, path, data, headers)
            reply = connection.getresponse()
            found = _decode(reply.read(), reply.headers.get_content_type())
        except BaseException:
            connection.close()  # it opens anew with the next request
            raise
        return reply.status, found

    def _connection(self) -> http.client.HTTPConnection:
        kept: _Kept | None = getattr(self._kept, "it", None)
        if kept is None or time.monotonic() - kept.used > IDLE:
            kept = self._kept.it = _Kept(self.url)
        kept.used = time.monotonic()
        return kept.connection


class _Kept:
    """A connection that is closed when nobody has it any more."""

    def __init__(self, url: str) -> None:
        self.used = time.monotonic()
        there = urlsplit(url)
        host = there.hostname or ""
        self.connection = (
            http.client.HTTPSConnection(host, there.port, timeout=30, context=_TRUSTING)
            if there.scheme == "https"
            else http.client.HTTPConnection(host, there.port, timeout=30)
        )

    def __del__(self) -> None:
        self.connection.close()


def _decode(data: bytes, kind: str) -> Any:
    return json.loads(data) if kind == "application/json" and data else data
