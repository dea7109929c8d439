"""Archives: readable by any unzip, written in chunks."""

import time
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

from gateway.convert import archive
from gateway.convert.archive import Member

NOW = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)


def test_what_goes_in_comes_out(tmp_path):
    large = bytes(range(256)) * 4096
    (tmp_path / "a").write_bytes(large)
    (tmp_path / "b").write_bytes(b"")
    members = [
        Member("documents/größe.bin", tmp_path / "a"),
        Member("empty", tmp_path / "b"),
    ]
    with ZipFile(BytesIO(b"".join(archive.write(members, NOW)))) as opened:
        assert opened.testzip() is None
        assert opened.read("documents/größe.bin") == large
        assert opened.read("empty") == b""
        assert opened.getinfo("empty").date_time == (2026, 1, 2, 3, 4, 6)


def test_no_chunk_holds_a_whole_large_file(tmp_path):
    (tmp_path / "a").write_bytes(NOISE)
    chunks = list(archive.write([Member("a", tmp_path / "a")], NOW))
    assert max(map(len, chunks)) < 2 * archive.CHUNK < len(NOISE)


def test_names_that_occur_twice_are_numbered():
    names = ["a/x.pdf", "a/X.pdf", "a/x.pdf", "y", "y"]
    assert archive.distinct(names) == ["a/x.pdf", "a/X-2.pdf", "a/x-3.pdf", "y", "y-2"]
    assert archive.distinct(["x", "x-2", "x"]) == ["x", "x-2", "x-3"]


def test_many_files_of_one_name_are_numbered_in_little_time():
    begun = time.process_time()
    assert archive.distinct(["a/line.txt"] * 5000)[-1] == "a/line-5000.txt"
    assert time.process_time() - begun < 1  # a name at a time: a minute


NOISE = b"".join(
    (n * 2654435761 % 2**32).to_bytes(4, "big") for n in range(archive.CHUNK)
)


def test_no_name_gets_longer_than_systems_take():
    long = "ж" * 125 + ".pdf"  # 254 bytes
    names = archive.distinct([long] * 12)
    assert max(len(name.encode()) for name in names) <= 255
    assert len(set(names)) == 12
    assert all(name.endswith(".pdf") for name in names)
    odd = "a." + "b" * 250
    assert archive.distinct([odd] * 2)[1] == f"a.{'b' * 250}-2"
    assert len(archive.harmless("." + "x" * 254).encode()) == 255


def test_names_that_some_system_refuses_are_made_harmless():
    risky = ["../a", "..", "a\\b:c", "x.pdf. ", "nul.txt", "inv\u202ecod.exe", " "]
    assert [archive.harmless(name) for name in risky] == [
        "_.._a",
        "_",
        "a_b_c",
        "x.pdf",
        "_nul.txt",
        "inv_cod.exe",
        "_",
    ]
