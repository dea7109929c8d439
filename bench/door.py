"""Our receiving side alone: listener, protocol, database, blobs; no worker after it.

Arguments: a folder with the keys, an empty folder. Says its address on one line.
"""

import asyncio
import gc
import sys
from pathlib import Path

import paths  # noqa: F401 - it opens the way to the others

# isort: split

import people
import uvloop
from as2_line import as2_line

from gateway.app.foundation import utc_now
from gateway.store.database import Database
from gateway.store.migrations import upgrade


async def main(keys: Path, folder: Path) -> None:
    db = Database.open(f"sqlite+aiosqlite:///{folder}/gateway.db")
    await upgrade(db)
    us, them = people.load(keys)
    async with as2_line(db, folder, utc_now, us, them) as line:
        gc.collect()
        gc.freeze()  # as gateway.app.serve does once its doors are open
        print(line.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)  # until the parent lets go
    await db.close()


uvloop.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
