"""vaccines for people below an age

Revision ID: 0024
Revises: 0023
Create Date: 2026-11-29 15:30:00

"""
from alembic import op
import sqlalchemy as sa


revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

# Years by CVX code: CDC CDSi supporting data v4.61 (endAge), product labels
BELOW = {5: ('219', '302', '308'), 6: ('228', '230'), 12: ('218', '227', '301', '310', '311')}


def upgrade():
    op.add_column('vaccine', sa.Column('below_age_years', sa.Numeric(precision=4, scale=1), nullable=True))
    vaccine = sa.table('vaccine', sa.column('cvx', sa.String), sa.column('below_age_years', sa.Numeric))
    for years, codes in BELOW.items():
        op.execute(vaccine.update().where(vaccine.c.cvx.in_(codes)).values(below_age_years=years))


def downgrade():
    op.drop_column('vaccine', 'below_age_years')
