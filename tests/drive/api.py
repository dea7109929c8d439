"""A small client of the JSON API, by the standard library alone."""

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """The API said no."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Api:
    """Calls with one bearer token; answers are what the JSON says."""

    url: str
    token: str = ""

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
        request = urllib.request.Request(  # noqa: S310 - the address is ours
            self.url.rstrip("/") + path, data, method=method
        )
        if data is not None:
            request.add_header("Content-Type", kind)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # self-signed, on loopback
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as reply:  # noqa: S310
                return _decode(reply.read(), reply.headers.get_content_type())
        except urllib.error.HTTPError as error:
            with error:
                found = _decode(error.read(), error.headers.get_content_type())
            raise ApiError(error.code, found) from None


def _decode(data: bytes, kind: str) -> Any:
    return json.loads(data) if kind == "application/json" and data else data
