"""A location is suspended, withdrawn or closed with a reason and a date, and each step is kept.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from models.ink import trigger_statements

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('location', schema=None) as batch_op:
        batch_op.add_column(sa.Column('status_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('status_reason', sa.String(length=400), nullable=True))
        batch_op.add_column(sa.Column('records_until', sa.Date(), nullable=True))
    op.create_table(
        'location_event',
        sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('status', sa.String(length=10), nullable=False),
        sa.Column('reason', sa.String(length=400), nullable=True),
        sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['ab_user.id'], name=op.f('fk_location_event_by_id')),
        sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_location_event_location_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_location_event')),
    )
    with op.batch_alter_table('location_event', schema=None) as batch_op:
        batch_op.create_index('ix_location_event_created_at', ['created_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_location_event_by_id'), ['by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_location_event_location_id'), ['location_id'], unique=False)
    for statement in trigger_statements('location_event', op.get_bind().dialect.name):
        op.execute(statement)


def downgrade():
    op.drop_table('location_event')
    with op.batch_alter_table('location', schema=None) as batch_op:
        batch_op.drop_column('records_until')
        batch_op.drop_column('status_reason')
        batch_op.drop_column('status_on')
