"""live stream: who holds a visit's line, and one index less to write with every act."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("visits") as visits:
        visits.add_column(
            sa.Column("held_by", sa.String(length=40), nullable=False, server_default="")
        )
    op.drop_index("ix_acts_visit_id_kind_name", table_name="acts")


def downgrade() -> None:
    op.create_index("ix_acts_visit_id_kind_name", "acts", ["visit_id", "kind", "name"])
    with op.batch_alter_table("visits") as visits:
        visits.drop_column("held_by")
