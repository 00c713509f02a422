"""Remarks of a review, field by field; a storage unit knows its row in Section B.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('storage_unit', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_in_use', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column('row_key', sa.String(length=36), nullable=True))
    op.create_table(
        'change_request',
        sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('section_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('round', sa.Integer(), nullable=False),
        sa.Column('path', sa.String(length=160), nullable=False),
        sa.Column('remark', sa.Text(), nullable=False),
        sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('sent_at', sa.DateTime(), nullable=True),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('row_version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_change_request_application_id')),
        sa.ForeignKeyConstraint(['section_id'], ['application_section.id'], name=op.f('fk_change_request_section_id')),
        sa.ForeignKeyConstraint(['by_id'], ['ab_user.id'], name=op.f('fk_change_request_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_change_request')),
        sa.UniqueConstraint('section_id', 'round', 'path', name=op.f('uq_change_request_section_id_round_path')),
    )
    with op.batch_alter_table('change_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_change_request_application_id'), ['application_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_change_request_by_id'), ['by_id'], unique=False)


def downgrade():
    op.drop_table('change_request')
    with op.batch_alter_table('storage_unit', schema=None) as batch_op:
        batch_op.drop_column('row_key')
        batch_op.drop_column('is_in_use')
