"""Messages and MDNs come to the same address: which of the two was posted."""

from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.fields import Fields
from as2_server.protocol.messages import Body
from as2_server.protocol.mime import Multipart, read_fields
from as2_server.protocol.reader import Reader

_REPORT = "multipart/report"


def is_mdn(fields: Fields, body: Body) -> bool:
    """Whether it is a report, or a signature over one (RFC 4130 section 7.4)."""
    kind = fields.content_type
    if kind.main != "multipart/signed":
        return kind.main == _REPORT
    body.seek(0)
    try:
        first = Multipart(Reader.of(body), kind).next()
        return first is not None and read_fields(first).content_type.main == _REPORT
    except ProtocolError:  # whoever unwraps it says what is wrong
        return False
