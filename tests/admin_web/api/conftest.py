"""Documents that the tests of the operations share."""

import pytest
from documents import TEMPLATE_XML, envelope_xml


@pytest.fixture
async def template(api):
    """Import the template "Order"; return its uuid and version."""
    answer = await api.post("/api/v1/templates", json={"data": TEMPLATE_XML})
    assert answer.status == 201, await answer.text()
    return await answer.json()


@pytest.fixture
async def seller(api):
    answer = await api.post("/api/v1/mailboxes", json={"name": "Seller"})
    return (await answer.json())["uuid"]


@pytest.fixture
async def send(api, mailbox, seller, template):
    """Return what sends an envelope from the mailbox to the seller."""

    async def send_one(number: str = "4711", **more) -> str:
        data = envelope_xml(seller, number, **more)
        answer = await api.post(
            "/api/v1/envelope/send", headers={"mailbox": mailbox}, json={"data": data}
        )
        assert answer.status == 201, await answer.text()
        return (await answer.json())["uuid"]

    return send_one


@pytest.fixture
async def audited(api):
    """Return what tells the actions that were booked, the newest first."""

    async def actions() -> list[str]:
        page = await (await api.get("/api/v1/audit")).json()
        return [line["action"] for line in page["data"]]

    return actions
