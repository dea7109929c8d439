"""The dry run over the API; what it finds is tested with the engine."""

from documents import TEMPLATE, out_stylesheet

DRY_RUN = "/api/v1/rules/dry-run"


async def test_a_rule_without_a_past_has_nothing_to_show(
    api, mailbox, seller, template
):
    body = {
        "direction": "OUT",
        "templateUuid": TEMPLATE,
        "match": {"kind": "NAME", "pattern": ".*"},
        "stylesheet": out_stylesheet(seller),
        "mailbox": mailbox,
        "of": "all",
    }
    answer = await api.post(DRY_RUN, json=body)
    assert answer.status == 200, await answer.text()
    assert await answer.json() == {"total": 0, "done": 0, "documents": [], "next": ""}

    for wrong, field in (
        ({"last": 101}, "last"),
        ({"of": "others"}, "of"),
        ({"after": "x"}, "after"),
        ({"mailbox": None}, "mailbox"),
        ({"match": {"pattern": "("}}, "match.pattern"),
    ):
        refused = await api.post(DRY_RUN, json=body | wrong)
        assert refused.status == 422
        told = (await refused.json())["data"]
        assert any(name.startswith(field) for name in told), told
    unknown = await api.post(DRY_RUN, json=body | {"of": [TEMPLATE]})
    assert unknown.status == 404
