"""since when a lot is recalled

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-29 00:20:00

"""
from alembic import op
import sqlalchemy as sa


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('recalled_at', sa.DateTime(), nullable=True))
    op.execute(
        "UPDATE lot SET recalled_at = (SELECT max(recall.in_force_at) FROM recall WHERE recall.lot_id = lot.id"
        " AND recall.status = 'in_force') WHERE status = 'recalled'"
    )


def downgrade():
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_column('recalled_at')
