"""fourth tables

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("host", sa.Text(), nullable=True))
        batch_op.create_index(
            "ix_job_runs_running",
            ["shop_id"],
            unique=False,
            sqlite_where=sa.text("outcome = 'running'"),
            postgresql_where=sa.text("outcome = 'running'"),
        )

    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("by_clock", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(
            sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.alter_column("shop_id", nullable=True)
        batch_op.create_index(
            "ix_requests_one_other",
            ["shop_id"],
            unique=True,
            sqlite_where=sa.text("run_id IS NOT NULL AND job <> 'train'"),
            postgresql_where=sa.text("run_id IS NOT NULL AND job <> 'train'"),
        )
        batch_op.create_index(
            "ix_requests_one_training",
            ["shop_id"],
            unique=True,
            sqlite_where=sa.text("run_id IS NOT NULL AND job = 'train'"),
            postgresql_where=sa.text("run_id IS NOT NULL AND job = 'train'"),
        )
        batch_op.create_index("ix_requests_run", ["run_id"], unique=False)
        batch_op.create_index(
            "ix_requests_waiting",
            ["job", "shop_id"],
            unique=False,
            sqlite_where=sa.text("taken_at IS NULL"),
            postgresql_where=sa.text("taken_at IS NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_requests_run_id"), "job_runs", ["run_id"], ["id"], ondelete="SET NULL"
        )

    op.drop_index("ix_identities_customer", "identities")
    op.create_index("ix_identities_customer", "identities", ["shop_id", "customer_id", "visitor"])


def downgrade() -> None:
    op.drop_index("ix_identities_customer", "identities")
    op.create_index("ix_identities_customer", "identities", ["shop_id", "customer_id"])

    op.execute("DELETE FROM requests WHERE shop_id IS NULL")
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_requests_run_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_requests_waiting",
            sqlite_where=sa.text("taken_at IS NULL"),
            postgresql_where=sa.text("taken_at IS NULL"),
        )
        batch_op.drop_index("ix_requests_run")
        batch_op.drop_index(
            "ix_requests_one_training",
            sqlite_where=sa.text("run_id IS NOT NULL AND job = 'train'"),
            postgresql_where=sa.text("run_id IS NOT NULL AND job = 'train'"),
        )
        batch_op.drop_index(
            "ix_requests_one_other",
            sqlite_where=sa.text("run_id IS NOT NULL AND job <> 'train'"),
            postgresql_where=sa.text("run_id IS NOT NULL AND job <> 'train'"),
        )
        batch_op.alter_column("shop_id", nullable=False)
        batch_op.drop_column("tries")
        batch_op.drop_column("run_id")
        batch_op.drop_column("by_clock")

    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_job_runs_running",
            sqlite_where=sa.text("outcome = 'running'"),
            postgresql_where=sa.text("outcome = 'running'"),
        )
        batch_op.drop_column("host")
