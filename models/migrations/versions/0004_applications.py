"""applications

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-28 20:55:22.669915

"""
from alembic import op
import sqlalchemy as sa
from models.ink import trigger_statements


# revision identifiers, used by Alembic.
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('application',
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('origin', sa.String(length=12), nullable=False),
    sa.Column('organization_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organization_name', sa.String(length=160), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('administrator_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('administrator_first_name', sa.String(length=64), nullable=True),
    sa.Column('administrator_last_name', sa.String(length=64), nullable=True),
    sa.Column('administrator_email', sa.String(length=254), nullable=True),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('is_another', sa.Boolean(), nullable=False),
    sa.Column('amends_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reviewer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('claimed_at', sa.DateTime(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['administrator_id'], ['ab_user.id'], name=op.f('fk_application_administrator_id')),
    sa.ForeignKeyConstraint(['amends_id'], ['application.id'], name=op.f('fk_application_amends_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_application_organization_id')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['ab_user.id'], name=op.f('fk_application_reviewer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application')),
    sa.UniqueConstraint('number', name=op.f('uq_application_number'))
    )
    with op.batch_alter_table('application', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_application_administrator_id'), ['administrator_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_amends_id'), ['amends_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_organization_id'), ['organization_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_reviewer_id'), ['reviewer_id'], unique=False)
        batch_op.create_index('ix_application_waiting', ['status', 'submitted_at'], unique=False)

    op.create_table('application_event',
    sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_event_application_id')),
    sa.ForeignKeyConstraint(['by_id'], ['ab_user.id'], name=op.f('fk_application_event_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_event'))
    )
    with op.batch_alter_table('application_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_application_event_application_id'), ['application_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_event_by_id'), ['by_id'], unique=False)
        batch_op.create_index('ix_application_event_created_at', ['created_at', 'id'], unique=False)

    op.create_table('application_section',
    sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=1), nullable=False),
    sa.Column('location_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('row_key', sa.String(length=36), nullable=True),
    sa.Column('coordinator_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('coordinator_first_name', sa.String(length=64), nullable=True),
    sa.Column('coordinator_last_name', sa.String(length=64), nullable=True),
    sa.Column('coordinator_email', sa.String(length=254), nullable=True),
    sa.Column('invited_at', sa.DateTime(), nullable=True),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('completed_at', sa.DateTime(), nullable=True),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('remarks', sa.JSON(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_application_section_application_id')),
    sa.ForeignKeyConstraint(['coordinator_id'], ['ab_user.id'], name=op.f('fk_application_section_coordinator_id')),
    sa.ForeignKeyConstraint(['location_id'], ['location.id'], name=op.f('fk_application_section_location_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application_section'))
    )
    with op.batch_alter_table('application_section', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_application_section_application_id'), ['application_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_section_coordinator_id'), ['coordinator_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_application_section_location_id'), ['location_id'], unique=False)

    op.create_table('submitted_version',
    sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['application.id'], name=op.f('fk_submitted_version_application_id')),
    sa.ForeignKeyConstraint(['by_id'], ['ab_user.id'], name=op.f('fk_submitted_version_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submitted_version')),
    sa.UniqueConstraint('application_id', 'round', name=op.f('uq_submitted_version_application_id_round'))
    )
    with op.batch_alter_table('submitted_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_submitted_version_application_id'), ['application_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_submitted_version_by_id'), ['by_id'], unique=False)
        batch_op.create_index('ix_submitted_version_created_at', ['created_at', 'id'], unique=False)

    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('status', sa.String(length=10), nullable=False, server_default='approved'))


    for table in ("application_event", "submitted_version"):
        for statement in trigger_statements(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade():
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.drop_column('status')

    with op.batch_alter_table('submitted_version', schema=None) as batch_op:
        batch_op.drop_index('ix_submitted_version_created_at')
        batch_op.drop_index(batch_op.f('ix_submitted_version_by_id'))
        batch_op.drop_index(batch_op.f('ix_submitted_version_application_id'))

    op.drop_table('submitted_version')
    with op.batch_alter_table('application_section', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_application_section_location_id'))
        batch_op.drop_index(batch_op.f('ix_application_section_coordinator_id'))
        batch_op.drop_index(batch_op.f('ix_application_section_application_id'))

    op.drop_table('application_section')
    with op.batch_alter_table('application_event', schema=None) as batch_op:
        batch_op.drop_index('ix_application_event_created_at')
        batch_op.drop_index(batch_op.f('ix_application_event_by_id'))
        batch_op.drop_index(batch_op.f('ix_application_event_application_id'))

    op.drop_table('application_event')
    with op.batch_alter_table('application', schema=None) as batch_op:
        batch_op.drop_index('ix_application_waiting')
        batch_op.drop_index(batch_op.f('ix_application_reviewer_id'))
        batch_op.drop_index(batch_op.f('ix_application_organization_id'))
        batch_op.drop_index(batch_op.f('ix_application_amends_id'))
        batch_op.drop_index(batch_op.f('ix_application_administrator_id'))

    op.drop_table('application')
