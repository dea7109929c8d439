from admin_web.api.areas import operations


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
    undescribed = {("GET", "/"), ("GET", "/api/v1/openapi.json")}
    assert routed - undescribed == described
    assert undescribed <= routed


async def test_operation_names_are_unique():
    names = [operation.handler.__name__ for operation in operations()]
    assert len(names) == len(set(names))


async def test_an_unknown_path_is_404_as_json(api):
    answer = await api.get("/api/v1/nothing")
    assert (answer.status, (await answer.json())["code"]) == (404, "no-such-path")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_wrong_method_is_405_and_names_the_right_one(api):
    answer = await api.delete("/api/login")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"


async def test_bad_json_is_400_with_line_and_column(api):
    answer = await api.post("/api/login", data=b'{"login":\n "a" "b"}')
    assert answer.status == 400
    assert "line 2 column" in (await answer.json())["message"]


async def test_an_unknown_key_is_named(api):
    answer = await api.post(
        "/api/login", json={"login": "a", "password": "b", "logni": 1}
    )
    assert answer.status == 422
    assert "logni" in (await answer.json())["data"]


async def test_what_is_unforeseen_shows_an_incident_and_no_more(api, caplog):
    answer = await api.post("/api/login", json={"login": "a", "password": "b"})
    body = await answer.json()
    assert (answer.status, body["code"]) == (500, "internal-error")
    assert body["data"] == {"incident": "incident-1"}
    assert "AttributeError" not in await answer.text()
    assert "incident-1" in caplog.text
