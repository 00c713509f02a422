"""NCIDs that open accounts

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-28 21:30:37.433549

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('outside_identity',
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('username', sa.String(length=80), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=True),
    sa.Column('first_used_at', sa.DateTime(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_outside_identity_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outside_identity')),
    sa.UniqueConstraint('username', name=op.f('uq_outside_identity_username'))
    )
    with op.batch_alter_table('outside_identity', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outside_identity_user_id'), ['user_id'], unique=False)



def downgrade():
    with op.batch_alter_table('outside_identity', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outside_identity_user_id'))

    op.drop_table('outside_identity')
