import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.fields import Fields
from as2_server.protocol.filename import file_name, safe_name


def named(disposition: str = "", content_type: str = "") -> str | None:
    found = file_name(
        Fields.of(
            [("Content-Disposition", disposition), ("Content-Type", content_type)]
        )
    )
    return found.text if found else None


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="order 1.edi"', "order 1.edi"),
        ("attachment; filename=order.edi", "order.edi"),
        ("attachment; filename*=utf-8''%C3%BC.edi; filename=u.edi", "ü.edi"),
        ("attachment; filename*=iso-8859-1'de'%FC.edi", "ü.edi"),
        ("attachment; filename*=%C3%BC.edi", "ü.edi"),
        ("attachment; filename*=nonsense''%FC.edi", "ü.edi"),
        ('attachment; filename="=?utf-8?B?w7wuZWRp?="', "ü.edi"),
        ('attachment; filename="=?utf-8?q?=C3=BC_1?= =?utf-8?q?.edi?="', "ü 1.edi"),
        ('attachment; filename="=?utf-8?B?w?="', "=_utf-8_B_w_="),
        ('attachment; filename*0="a%"; filename*1="b.edi"', "a%b.edi"),
        ("attachment; filename*0*=utf-8''%C3; filename*1*=%BC.edi", "ü.edi"),
        ('attachment; filename="C:\\\\temp\\\\x.edi"', "x.edi"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="a:b*c?.edi"', "a_b_c_.edi"),
        ('attachment; filename="a\x00b\x1b.edi"', "a_b_.edi"),
        ('attachment; filename=".."', None),
        ("attachment", None),
    ],
)
def test_names_are_found_and_made_safe(disposition, name):
    assert named(disposition) == name


def test_the_content_types_name_is_the_second_choice():
    assert named("", 'text/xml; name="x.xml"') == "x.xml"
    assert named("attachment; filename=y", "text/xml; name=x") == "y"


def test_a_long_name_keeps_its_extension():
    found = safe_name("ü" * 300 + ".edi")
    assert found is not None
    assert found.text.endswith("ü.edi")
    assert len(found.text.encode()) <= 255
    long = safe_name("x." + "y" * 400)
    assert long is not None
    assert len(long.text) == 255


@given(st.text(max_size=400))
def test_any_name_is_safe_or_none(text):
    found = safe_name(text)
    assert found is None or not set('/\\:*?"<>|') & set(found.text)


@given(st.text(st.sampled_from("=?utf-8bqQB*'%zA09;\"\\ "), max_size=60))
def test_any_parameter_is_read(text):
    named(f"attachment; filename={text}", f"x; name*={text}")
