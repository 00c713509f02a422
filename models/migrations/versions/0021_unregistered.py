"""people who have not registered yet

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-29 09:10:00

"""
from alembic import op
import sqlalchemy as sa


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

FEW = sa.text("registration = 'uploaded'")


def upgrade():
    op.create_index('ix_recipient_unregistered', 'recipient', ['id'], unique=False, sqlite_where=FEW, postgresql_where=FEW)


def downgrade():
    op.drop_index('ix_recipient_unregistered', 'recipient')
