"""Since when an application waits for its reviewer

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-29 00:10:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('application', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ready_at', sa.DateTime(), nullable=True))
        batch_op.drop_index('ix_application_waiting')
        batch_op.create_index('ix_application_waiting', ['status', 'ready_at'], unique=False)
    # What waits now has waited since its last line "ready", or since it was submitted.
    op.execute(
        "UPDATE application SET ready_at = coalesce("
        "(SELECT max(e.created_at) FROM application_event e WHERE e.application_id = application.id AND e.kind = 'ready'), "
        "submitted_at) WHERE status IN ('submitted', 'in_review')"
    )


def downgrade():
    with op.batch_alter_table('application', schema=None) as batch_op:
        batch_op.drop_index('ix_application_waiting')
        batch_op.create_index('ix_application_waiting', ['status', 'submitted_at'], unique=False)
        batch_op.drop_column('ready_at')
