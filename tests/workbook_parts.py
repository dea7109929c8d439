"""The parts of the smallest workbook, put together."""

import io
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKED = "http://schemas.openxmlformats.org/package/2006/relationships"


def package(sheet: str | bytes, **others: str) -> bytes:
    """Return the smallest workbook around the XML of a sheet."""
    parts: dict[str, str | bytes] = {
        "_rels/.rels": f'<Relationships xmlns="{PACKED}"><Relationship Id="a" '
        f'Type="{KINDS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKED}">'
        f'<Relationship Id="b" Type="{KINDS}/worksheet" Target="/xl/s.xml"/>'
        f'<Relationship Id="c" Type="{KINDS}/sharedStrings" Target="t.xml"/>'
        "</Relationships>",
        "xl/s.xml": sheet,
        "xl/t.xml": f'<sst xmlns="{MAIN}"><si><t>first</t></si></sst>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in {**parts, **others}.items():
            archive.writestr(name, content)
    return out.getvalue()


def sheet(rows: str, tail: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{tail}</worksheet>'
