"""late doses of one place

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-29 12:55:00

"""
from alembic import op
import sqlalchemy as sa


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

LATE = {
    'sqlite': "NOT is_historical AND status <> 'voided' AND julianday(created_at) - julianday(given_at) > 1",
    'postgresql': "NOT is_historical AND status <> 'voided' AND created_at - given_at > interval '1 day'",
}


def upgrade():
    where = {f'{name}_where': sa.text(words) for name, words in LATE.items()}
    op.create_index('ix_dose_late_here', 'dose', ['location_id', 'given_on'], unique=False, **where)


def downgrade():
    op.drop_index('ix_dose_late_here', 'dose')
