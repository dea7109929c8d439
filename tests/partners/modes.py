"""The receipts of the matrix in the words of our settings."""

from partners.cells import Receipt

from gateway.core.as2 import MdnMode

MODES = {
    Receipt.NONE: MdnMode.NONE,
    Receipt.SYNC: MdnMode.SYNC,
    Receipt.SYNC_SIGNED: MdnMode.SYNC,
    Receipt.ASYNC: MdnMode.ASYNC,
    Receipt.ASYNC_SIGNED: MdnMode.ASYNC,
}
