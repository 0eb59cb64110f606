"""page stamps: what tells a kept page that something behind it has changed"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("campaigns", "answers"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(
                sa.Column("stamp", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            )


def downgrade() -> None:
    for table in ("campaigns", "answers"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("stamp")
