"""For developers: `python -m gateway.store.migrations NUMBER MESSAGE`.

Writes the script that takes an empty database at the newest revision to the tables of
gateway.store.tables. Read it before you commit it.
"""

import sys

from alembic import command
from sqlalchemy import create_engine

from gateway.store.migrations.scripts import config


def main(number: str, message: str) -> None:
    with create_engine("sqlite://").connect() as connection:
        settings = config(connection)
        command.upgrade(settings, "head")
        command.revision(settings, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main(*sys.argv[1:])
