"""sums of the ledger by day, doses recorded late

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-29 08:40:00

"""
from alembic import op
import sqlalchemy as sa


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
LATE = {
    'sqlite': "NOT is_historical AND status <> 'voided' AND julianday(created_at) - julianday(given_at) > 1",
    'postgresql': "NOT is_historical AND status <> 'voided' AND created_at - given_at > interval '1 day'",
}
SUMS = (
    "INSERT INTO stock_day (inventory_item_id, location_id, lot_id, kind, day, doses, row_version, created_at) "
    "SELECT inventory_item_id, location_id, lot_id, kind, date(at), SUM(doses), 1, MAX(created_at) FROM stock_movement "
    "GROUP BY inventory_item_id, location_id, lot_id, kind, date(at)"
)


def upgrade():
    op.create_table('stock_day',
    sa.Column('inventory_item_id', KEY, nullable=False),
    sa.Column('location_id', KEY, nullable=False),
    sa.Column('lot_id', KEY, nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('doses', sa.Integer(), nullable=False),
    sa.Column('id', KEY, nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['inventory_item_id'], ['inventory_item.id'], name=op.f('fk_stock_day_inventory_item_id')),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_stock_day_location_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_stock_day_lot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_day')),
    sa.UniqueConstraint('inventory_item_id', 'kind', 'day', name=op.f('uq_stock_day_inventory_item_id_kind_day'))
    )
    op.create_index('ix_stock_day_day', 'stock_day', ['day', 'id'], unique=False)
    op.create_index('ix_stock_day_location_day', 'stock_day', ['location_id', 'day'], unique=False)
    op.create_index(op.f('ix_stock_day_lot_id'), 'stock_day', ['lot_id'], unique=False)
    op.execute(SUMS)
    where = {f'{name}_where': sa.text(words) for name, words in LATE.items()}
    op.create_index('ix_dose_late', 'dose', ['given_on', 'location_id'], unique=False, **where)


def downgrade():
    op.drop_index('ix_dose_late', 'dose')
    op.drop_table('stock_day')
