import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.model import FileName, Folder, Top
from sftp_server.paths import Five, Item, Nowhere, Root, normal_path, parse_path

RAW = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(
            [
                "outbox", "inbox", "..", ".", "", "a", "a b", "ü", "OUTBOX", "a\0b",
                "~", "C:", "\\", "%2e%2e", "..;", "...", "a\nb", "\u202e",
            ]
        ),
        max_size=12,
    ).map(lambda parts: "/".join(parts).encode()),
)  # fmt: skip


@given(RAW)
@example(b"/outbox/../../../../etc/passwd")
@example(b"outbox/\xc0\xae\xc0\xae/x")
@example(b"/inbox/./..//error/x\x00.xml")
def test_no_path_leads_out_of_the_mailbox(raw):
    place = parse_path(raw)
    match place:
        case Item(folder, name):
            text = f"{folder.text}/{name.text}"
            assert folder.top in Top
            assert not {"", ".", ".."} & set(text.split("/"))
            assert "\0" not in text
            assert Folder.parse(text) == place.inside
            assert parse_path(text.encode()) == place
        case Nowhere(reason):
            assert reason
        case _:
            assert isinstance(place, Root | Five)


@given(RAW)
def test_a_normal_path_is_absolute_and_means_the_same(raw):
    normal = normal_path(raw)
    if isinstance(normal, Nowhere):
        assert isinstance(parse_path(raw), Nowhere)
    else:
        assert normal.startswith(b"/")
        assert normal_path(normal) == normal
        assert parse_path(normal) == parse_path(raw)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"", Root()),
        (b".", Root()),
        (b"/..", Root()),
        (b"inbox/", Five(Top.INBOX)),
        (b"/error/a.xml", Item(Folder(Top.ERROR), FileName("a.xml"))),
        (
            b"coutbox/2026/./x",
            Item(Folder(Top.COUTBOX, (FileName("2026"),)), FileName("x")),
        ),
    ],
)
def test_a_path_means_one_place(raw, place):
    assert parse_path(raw) == place


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"/elsewhere", "the folders are outbox/, coutbox/, inbox/, cinbox/, error/"),
        (b"/Inbox/a", "there is no 'Inbox' here"),
        (b"inbox/\xff", "not UTF-8"),
        (b"inbox/a\x07", "illegal character"),
        (b"inbox/" + b"n" * 256, "longer than 255 bytes"),
        (b"inbox" + b"/a" * 3000, "longer than 4096 bytes"),
    ],
)
def test_what_is_wrong_with_a_path_is_said(raw, reason):
    place = parse_path(raw)
    assert isinstance(place, Nowhere)
    assert reason in place.reason
