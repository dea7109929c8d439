import re
from io import BytesIO

import pytest

from admin_web.api.areas import operations
from admin_web.app import AdminOptions, build_app
from admin_web.pages.assets import PATH
from admin_web.pages.shell import pages

BESIDE = {
    *(("GET", path) for path in ("/", "/api/v1/openapi.json", PATH.replace(":.+", ""))),
    *((page.method, page.path) for page in pages()),
}


async def test_the_document_names_exactly_what_is_routed(api):
    document = await (await api.get("/api/v1/openapi.json")).json()
    described = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
    }
    routed = {
        (route.method, route.resource.canonical)
        for route in api.server.app.router.routes()
    }
    assert routed - BESIDE == described
    assert routed >= BESIDE


async def test_every_reference_of_the_document_leads_somewhere(api):
    text = await (await api.get("/api/v1/openapi.json")).text()
    schemas = (await (await api.get("/api/v1/openapi.json")).json())["components"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named
    assert named <= set(schemas["schemas"])


def test_operation_names_are_unique():
    names = [operation.handler.__name__ for operation in operations()]
    assert len(names) == len(set(names))


async def test_the_front_door_leads_to_the_page(anybody):
    answer = await anybody.get("/", allow_redirects=False)
    assert answer.headers["Location"] == "/admin/dashboard"


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer \xe9"]
)
async def test_a_bad_authorization_header_is_401(anybody, value):
    answer = await anybody.get(
        "/api/v1/mailboxes", headers={"Authorization": value.encode().decode("latin1")}
    )
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_unknown_path_is_404_as_json(api):
    answer = await api.get("/api/v1/nothing")
    assert (answer.status, (await answer.json())["code"]) == (404, "no-such-path")


async def test_a_wrong_method_is_405_and_names_the_right_one(api):
    answer = await api.delete("/api/login")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/mailboxes", "/nothing", "/"])
async def test_every_answer_is_guarded_by_headers(api, path):
    headers = (await api.get(path, allow_redirects=False)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Server" not in headers
    assert "Strict-Transport-Security" not in headers


async def test_over_tls_browsers_are_told_to_stay_there(desk, client_of):
    options = AdminOptions(new_id=lambda: "i", version="1", tls=True)
    async with client_of(build_app(desk, options)) as client:
        headers = (await client.get("/healthz")).headers
        assert headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"login":\n "a" "b"}', "line 2 column"),
        (b"", "has none"),
        (b"\xff\xfe", "line 1"),
        (b"[" * 5000, "recursion"),
    ],
)
async def test_bad_json_is_400_and_says_where(api, body, told):
    answer = await api.post("/api/login", data=body)
    assert answer.status == 400
    assert told in (await answer.json())["message"]


async def test_who_shows_no_token_may_not_send_much(anybody):
    answer = await anybody.post("/api/login", data=b'"' + b"x" * (16 << 10))
    body = await answer.json()
    assert (answer.status, body["code"]) == (413, "body-too-large")
    assert "16384 bytes" in body["message"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"nam": "x"}, "nam"),
        ({}, "name"),
        ({"name": 1}, "name"),
        ({"name": None}, "name"),
        ({"name": "x", "aliases": [1]}, "aliases.0"),
        ({"name": "x", "aliases": "y"}, "aliases"),
        ([], ""),
    ],
    ids=str,
)
async def test_a_wrong_body_is_422_and_names_the_field(api, body, place):
    answer = await api.post("/api/v1/mailboxes", json=body)
    assert answer.status == 422
    assert place in (await answer.json())["data"]


async def test_an_unknown_key_brings_the_likely_one_to_mind(api):
    answer = await api.post("/api/v1/mailboxes", json={"nmae": "x"})
    assert "did you mean name" in (await answer.json())["data"]["nmae"]


async def test_a_text_with_nul_is_refused(api):
    answer = await api.post("/api/v1/mailboxes", data=b'{"name": "a\\u0000b"}')
    assert answer.status == 422
    assert "NUL" in (await answer.json())["message"]


async def test_an_escaped_backslash_before_u0000_is_no_nul(api):
    answer = await api.post("/api/v1/mailboxes", data=b'{"name": "a\\\\u0000b"}')
    assert (await answer.json())["name"] == "a\\u0000b"


async def test_a_body_that_is_too_large_is_413(api):
    answer = await api.post("/api/v1/mailboxes", data=BytesIO(b" " * (1024 * 1024 + 1)))
    assert (answer.status, (await answer.json())["code"]) == (413, "body-too-large")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limitt=1", "limitt"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("from=2026-01-01", "from"),
    ],
)
async def test_a_wrong_query_is_422_and_names_the_parameter(api, query, place):
    answer = await api.get(f"/api/v1/audit?{query}")
    assert answer.status == 422
    assert place in (await answer.json())["data"]


async def test_a_query_with_nul_is_refused(api):
    assert (await api.get("/api/v1/audit?q=%00")).status == 422


async def test_what_is_unforeseen_shows_an_incident_and_no_more(api, world, caplog):
    await world.db.close()
    async with world.db.write() as conn:
        await conn.exec_driver_sql("DROP TABLE tokens")
    answer = await api.get("/api/v1/mailboxes")
    body = await answer.json()
    assert (answer.status, body["code"]) == (500, "internal-error")
    assert body["data"] == {"incident": "incident-1"}
    assert "tokens" not in await answer.text()
    assert "incident-1" in caplog.text
    assert "FROM tokens" in caplog.text


async def test_an_operation_without_large_bodies_takes_none(api):
    padding = b" " * (1 << 20)
    answer = await api.put("/api/v1/settings", data=BytesIO(b"{}" + padding))
    assert (answer.status, (await answer.json())["code"]) == (413, "body-too-large")
