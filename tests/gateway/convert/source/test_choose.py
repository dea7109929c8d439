from source_reading import described

from gateway.convert.source import READERS, choose
from gateway.convert.source.ole2 import OLE2
from gateway.convert.source.workbook import ZIP

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_content_comes_before_the_name_and_the_name_before_the_content_type():
    for data, name, kind, reader in [
        (b"UNB+UNOC:3", "a.csv", "text/csv", "edifact"),
        (b"<a/>", "a.json", "", "xml"),
        (b'{ "a": 1}', "a.txt", "", "json"),
        (b"\xef\xbb\xbf\r\n[{", "order", "", "json"),
        (b"{1:F01BANK", "a.fin", "", "other"),
        (b"[section]", "a.ini", "", "other"),
        (b"12", "a.json", "", "json"),
        (b"{}", "a.csv", "", "csv"),
        (b"a;b", "A.CSV", "", "csv"),
        (b"a\tb", "a.tsv", "", "csv"),
        (b"a;b", "a.txt", "", "text"),
        (b"a;b", "a.dat", "", "other"),
        (b"a;b", "a.dat", "Text/CSV; charset=utf-8", "csv"),
        (b"12", "a", "application/json", "json"),
        (b"a;b", "a.dat", "text/plain", "other"),
        (ZIP, "a.xlsx", "", "workbook"),
        (ZIP, "a.XLSM", "", "workbook"),
        (ZIP, "a", XLSX_TYPE, "workbook"),
        (ZIP, "a.zip", "", "other"),
        (OLE2, "a.xls", "", "workbook"),
        (OLE2, "a.doc", "", "other"),
        (OLE2, "locked.xlsx", "", "workbook"),
        (OLE2, "a", "application/vnd.ms-excel", "workbook"),
        (b"%PDF-1.7", "a.txt", "", "other"),
        (b"a\0\0\0b", "a.txt", "", "other"),
        ("\ufeff\u0410\u0400".encode("utf-16-le"), "a.txt", "", "text"),
        (b"", "a.txt", "", "text"),
        (b"", "", "", "other"),
    ]:
        assert choose(data, described(name, kind)) == reader, (data, name, kind)


def test_the_rule_has_the_last_word():
    for attributes, name, reader in [
        ({"SOURCE_FORMAT": "FILE"}, "a.csv", "other"),
        ({"SOURCE_FORMAT": "XLSX"}, "a.csv", "workbook"),
        ({"FIXED_WIDTH": "a:1-2"}, "a.csv", "fixed"),
        ({"CSV_HEADER": "no"}, "a.dat", "csv"),
        ({"CSV_DELIMITER": ";"}, "a.txt", "csv"),
        ({"SHEET": "A"}, "a.dat", "other"),
    ]:
        assert choose(b"a;b", described(name, **attributes)) == reader


def test_every_format_that_a_rule_may_name_has_its_reader():
    from gateway.convert.options import SOURCE_FORMATS  # noqa: PLC0415  only here

    assert set(SOURCE_FORMATS.values()) | {"fixed"} == set(READERS)
