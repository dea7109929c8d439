import pytest

from gateway.core.model import FileName, Folder, Top


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a\0b", "a\nb", "x" * 256])
def test_a_bad_file_name_cannot_exist(text):
    with pytest.raises(ValueError, match="file name"):
        FileName(text)


@pytest.mark.parametrize("text", ["a.part", "A.FILEPART", "a.tmp", ".hidden"])
def test_what_upload_tools_work_on_is_temporary(text):
    assert FileName(text).temporary


def test_a_final_name_is_not_temporary():
    assert not FileName("part.edi").temporary


def test_a_folder_is_its_text():
    folder = Folder(Top.COUTBOX, (FileName("2026"), FileName("orders")))
    assert folder.text == "coutbox/2026/orders"
    assert Folder.parse(folder.text) == folder


@pytest.mark.parametrize("text", ["", "etc", "coutbox/../x", "coutbox//x"])
def test_what_is_none_of_the_five_is_no_folder(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the Enum's message or ours
        Folder.parse(text)
