"""fourth tables

Revision 0004, after 0003.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_identities_customer", "identities")
    op.create_index("ix_identities_customer", "identities", ["shop_id", "customer_id", "visitor"])


def downgrade() -> None:
    op.drop_index("ix_identities_customer", "identities")
    op.create_index("ix_identities_customer", "identities", ["shop_id", "customer_id"])
