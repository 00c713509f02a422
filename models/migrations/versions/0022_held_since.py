"""since when stock is on hold

Revision ID: 0022
Revises: 0021
Create Date: 2026-11-29 11:55:00

"""
from alembic import op
import sqlalchemy as sa


revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('inventory_item', sa.Column('held_since', sa.DateTime(), nullable=True))
    # When a hold began is not known of those that there are: nothing is taken as given before it.
    op.execute("UPDATE inventory_item SET held_since = created_at WHERE hold_reason IS NOT NULL")


def downgrade():
    op.drop_column('inventory_item', 'held_since')
