"""Attachments over the API: any bytes, a name, a type."""

import pytest

PATH = "/api/v1/attachments"


async def test_what_is_uploaded_comes_back(api, audited):
    data = bytes(range(256)) * 500
    answer = await api.post(
        f"{PATH}?name=größe.pdf", data=data, headers={"Content-Type": "application/pdf"}
    )
    assert answer.status == 201
    uuid = (await answer.json())["uuid"]
    back = await api.get(f"{PATH}/{uuid}")
    assert await back.read() == data
    assert back.content_type == "application/pdf"
    assert back.headers["Content-Length"] == str(len(data))
    disposition = back.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''gr%C3%B6%C3%9Fe.pdf" in disposition
    assert (await audited())[0] == "attachment-add"


async def test_the_name_may_stand_in_the_header(api):
    header = {"Content-Disposition": "attachment; filename*=UTF-8''a%20b.txt"}
    made = await api.post(PATH, data=b"x", headers=header)
    back = await api.get(f"{PATH}/{(await made.json())['uuid']}")
    assert "a%20b.txt" in back.headers["Content-Disposition"]


async def test_a_quotation_mark_in_the_name_stays_in_the_name(api):
    made = await api.post(PATH, params={"name": 'a"; x="b'}, data=b"x")
    back = await api.get(f"{PATH}/{(await made.json())['uuid']}")
    assert 'filename="a_; x=_b"' in back.headers["Content-Disposition"]


async def test_a_name_that_would_read_backwards_is_not_given_to_a_browser(api):
    made = await api.post(PATH, params={"name": "a\u202ecod.exe"}, data=b"x")
    back = await api.get(f"{PATH}/{(await made.json())['uuid']}")
    disposition = back.headers["Content-Disposition"]
    assert 'filename="a_cod.exe"' in disposition
    assert disposition.endswith("filename*=UTF-8''a_cod.exe")


@pytest.mark.parametrize("name", ["../x", "a/b", "\x07", ".."])
async def test_a_name_that_is_none_is_refused(api, name):
    answer = await api.post(PATH, params={"name": name}, data=b"x")
    assert answer.status == 422
    assert "name" in (await answer.json())["data"]


async def test_a_type_that_is_none_is_refused(api):
    answer = await api.post(PATH, data=b"x", headers={"Content-Type": "a" * 300})
    assert answer.status == 422


async def test_too_many_bytes_are_refused_and_none_is_kept(api, blobs):
    answer = await api.post(PATH, data=b"x" * 200_001)
    assert answer.status == 413
    assert (await answer.json())["code"] == "attachment-too-large"
    assert not [file for file in blobs.root.rglob("*") if file.is_file()]


async def test_a_file_that_is_lost_is_an_error_not_half_an_answer(api, blobs):
    made = await api.post(PATH, data=b"x")
    for file in blobs.root.rglob("*"):
        if file.is_file():
            file.unlink()
    answer = await api.get(f"{PATH}/{(await made.json())['uuid']}")
    assert (answer.status, (await answer.json())["code"]) == (500, "internal-error")


async def test_an_unknown_attachment_is_404(api):
    assert (await api.get(f"{PATH}/22222222-2222-4222-8222-222222222222")).status == 404
