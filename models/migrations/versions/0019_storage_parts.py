"""parts of a lot in several storage states

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-29 00:30:00

"""
from alembic import op
import sqlalchemy as sa
from models.ink import trigger_statements


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
OLD, NEW = 'uq_inventory_item_location_id_lot_id', 'uq_inventory_item_location_id_lot_id_part'
CHECKS = (
    sa.CheckConstraint('doses >= 0', name=sa.schema.conv('ck_inventory_item_not_below_zero')),
    sa.CheckConstraint('reserved >= 0 AND reserved <= doses', name=sa.schema.conv('ck_inventory_item_reserved_is_here')),
)


def upgrade():
    with op.batch_alter_table('inventory_item', schema=None, table_args=checks()) as batch_op:
        batch_op.add_column(sa.Column('part', sa.String(length=24), server_default='', nullable=False))
        batch_op.drop_constraint(op.f(OLD), type_='unique')
        batch_op.create_unique_constraint(op.f(NEW), ['location_id', 'lot_id', 'part'])
    op.create_table('storage_move',
    sa.Column('doses', sa.Integer(), nullable=False),
    sa.Column('from_state', sa.String(length=12), nullable=True),
    sa.Column('to_state', sa.String(length=12), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('to_item_id', KEY, nullable=False),
    sa.Column('inventory_item_id', KEY, nullable=False),
    sa.Column('location_id', KEY, nullable=False),
    sa.Column('lot_id', KEY, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by_id', KEY, nullable=True),
    sa.Column('id', KEY, nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['ab_user.id'], name=op.f('fk_storage_move_by_id')),
    sa.ForeignKeyConstraint(['inventory_item_id'], ['inventory_item.id'],
                            name=op.f('fk_storage_move_inventory_item_id')),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_storage_move_location_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_storage_move_lot_id')),
    sa.ForeignKeyConstraint(['to_item_id'], ['inventory_item.id'], name=op.f('fk_storage_move_to_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_storage_move'))
    )
    for name in ('at', 'inventory_item_id', 'location_id', 'lot_id'):
        op.create_index(op.f(f'ix_storage_move_{name}'), 'storage_move', [name], unique=False)
    for statement in trigger_statements('storage_move', op.get_bind().dialect.name):
        op.execute(statement)


def downgrade():
    """Back to one balance of a lot at a place; the database refuses where a lot lies in several parts."""
    op.drop_table('storage_move')
    with op.batch_alter_table('inventory_item', schema=None, table_args=checks()) as batch_op:
        batch_op.drop_constraint(op.f(NEW), type_='unique')
        batch_op.drop_column('part')
        batch_op.create_unique_constraint(op.f(OLD), ['location_id', 'lot_id'])


def checks():
    """SQLite makes the table anew and does not know its checks any more."""
    return CHECKS if op.get_bind().dialect.name == 'sqlite' else ()
