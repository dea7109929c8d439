"""Our sending side alone: one large document to the address given.

Arguments: a folder with the keys, an empty folder, the address, the document. Says
what came of it and how much memory that took at most.
"""

import asyncio
import sys
from pathlib import Path

import paths  # noqa: F401 - it opens the way to the others

# isort: split

import people
import uvloop
from as2_line import as2_line

from gateway.app.foundation import utc_now
from gateway.core.as2 import MdnMode
from gateway.store.database import Database
from gateway.store.migrations import upgrade


async def main(keys: Path, folder: Path, url: str, document: Path) -> None:
    db = Database.open(f"sqlite+aiosqlite:///{folder}/gateway.db")
    await upgrade(db)
    us, them = people.load(keys)
    async with as2_line(
        db, folder, utc_now, us, them, recipient_url=url, mdn=MdnMode.NONE
    ) as line:
        blob = await line.blobs.adopt(document)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        result = await line.transport.send(line.parcel(blob))
        print(result, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    await db.close()


uvloop.run(main(*(Path(x) for x in sys.argv[1:3]), sys.argv[3], Path(sys.argv[4])))
