"""unsynced payloads."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # for a while 0001 made it, too: a database of that time has it
    op.create_table(
        "unsynced",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_unsynced")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_unsynced_stored_at"), "unsynced", ["stored_at"], if_not_exists=True
    )


def downgrade() -> None:
    raise RuntimeError("restore the backup that was made before the upgrade")
