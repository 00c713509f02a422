"""uploads are worked off by jobs, taken back, and keep their file sealed

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-28 20:58:12.895437

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('upload_piece',
    sa.Column('upload_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['upload_id'], ['upload.id'], name=op.f('fk_upload_piece_upload_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('upload_id', 'number', name=op.f('pk_upload_piece'))
    )
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.add_column(sa.Column('undone_at', sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column('rows_kept', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('is_held', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('fits_place', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('rows_expected', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('rows_done', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('cursor', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('stage_at', sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column('heartbeat_at', sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column('problem', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('sent_as', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('file_purged_at', sa.DateTime(), nullable=True))

    with op.batch_alter_table('upload_row', schema=None) as batch_op:
        batch_op.add_column(sa.Column('made_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('same_key', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('changes', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('is_linked', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('kept', sa.String(length=10), nullable=True))
        batch_op.create_index(batch_op.f('ix_upload_row_location_id'), ['location_id'], unique=False)
        batch_op.create_index('ix_upload_row_same_key', ['upload_id', 'same_key'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_upload_row_location_id'), 'location', ['location_id'], ['id'])



def downgrade():
    with op.batch_alter_table('upload_row', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_upload_row_location_id'), type_='foreignkey')
        batch_op.drop_index('ix_upload_row_same_key')
        batch_op.drop_index(batch_op.f('ix_upload_row_location_id'))
        batch_op.drop_column('kept')
        batch_op.drop_column('is_linked')
        batch_op.drop_column('changes')
        batch_op.drop_column('same_key')
        batch_op.drop_column('location_id')
        batch_op.drop_column('made_id')

    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.drop_column('file_purged_at')
        batch_op.drop_column('sent_as')
        batch_op.drop_column('problem')
        batch_op.drop_column('heartbeat_at')
        batch_op.drop_column('stage_at')
        batch_op.drop_column('cursor')
        batch_op.drop_column('rows_done')
        batch_op.drop_column('rows_expected')
        batch_op.drop_column('fits_place')
        batch_op.drop_column('is_held')
        batch_op.drop_column('rows_kept')
        batch_op.drop_column('undone_at')

    op.drop_table('upload_piece')
