"""The desk of the conversion log."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.desk.conversions import Conversion, ConversionQuery
from gateway.store import conversions
from gateway.store.database import Database


@dataclass(frozen=True, slots=True)
class ConversionLog:
    """Reads the log."""

    db: Database

    async def search(self, query: ConversionQuery) -> tuple[int, Sequence[Conversion]]:
        async with self.db.read() as conn:
            return await conversions.search(conn, query)
