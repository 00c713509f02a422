"""history chain

Every entry of the history is sealed upon the one before it. Entries written before are sealed here, in their order.

Revision ID: 0007
Revises: 0006
"""
import datetime as dt
import hashlib
import json

from alembic import op
import sqlalchemy as sa
from models.ink import trigger_statements


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
AT_ONCE = 2000
# SQLite cannot move the head in the statement that writes the entry.
HEAD_MOVES = """
CREATE TRIGGER history_head_moves AFTER INSERT ON history
WHEN NEW.seq = 1 + coalesce((SELECT seq FROM history_head WHERE chain = NEW.chain), 0)
BEGIN
  INSERT INTO history_head (chain, seq, hash) VALUES (NEW.chain, NEW.seq, NEW.hash)
  ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;
END
"""
# As app.history_chain.SEALED was when this was written.
SEALED = (
    "at", "created_at", "row_version", "request_id", "user_id", "username", "profile", "membership_id", "location_id",
    "organization_id", "address", "act", "method", "path", "outcome", "shown", "changed",
)


def upgrade():
    op.create_table('history_head',
    sa.Column('chain', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('chain', name=op.f('pk_history_head'))
    )
    # Not by batch: SQLite would make the table anew, without its triggers.
    op.add_column('history', sa.Column('chain', KEY, nullable=False, server_default='0'))
    op.add_column('history', sa.Column('seq', KEY, nullable=False, server_default='0'))
    op.add_column('history', sa.Column('hash', sa.String(length=64), nullable=False, server_default=''))
    _without_ink(_seal_what_is_there)
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(HEAD_MOVES)
    op.create_index('uq_history_chain_seq', 'history', ['chain', 'seq'], unique=True)


def _without_ink(work):
    """Does the work while entries may be changed, which is here and never again."""
    sqlite = op.get_bind().dialect.name == 'sqlite'
    names = ('history_ink_update', 'history_ink_delete') if sqlite else ('history_ink',)
    for name in names:
        op.execute(f'DROP TRIGGER {name}' + ('' if sqlite else ' ON history'))
    work(op.get_bind())
    for statement in trigger_statements('history', op.get_bind().dialect.name):
        op.execute(statement)


def _seal_what_is_there(connection):
    history = sa.table('history', sa.column('id', KEY), sa.column('chain', KEY), sa.column('seq', KEY),
                       sa.column('hash', sa.String), *_sealed_columns())
    said = [sa.cast(history.c[name], sa.Text) if name in ('shown', 'changed') else history.c[name] for name in SEALED]
    change = (
        history.update().where(history.c.id == sa.bindparam('key'))
        .values(chain=sa.bindparam('to_chain'), seq=sa.bindparam('to_seq'), hash=sa.bindparam('to_hash'))
    )
    heads, last = {}, 0
    while rows := connection.execute(
        sa.select(history.c.id, *said).where(history.c.id > last).order_by(history.c.id).limit(AT_ONCE)
    ).fetchall():
        changes = []
        for row in rows:
            chain = 0 if connection.dialect.name == 'sqlite' else row.location_id or -(row.organization_id or 0)
            values = [one.isoformat() if isinstance(one, dt.datetime) else one for one in row[1:]]
            body = hashlib.sha256(json.dumps([chain, *values], separators=(',', ':')).encode()).hexdigest()
            seq, before = heads.get(chain, (0, ''))
            heads[chain] = seq + 1, hashlib.sha256((before + body).encode()).hexdigest()
            changes.append({'key': row.id, 'to_chain': chain, 'to_seq': seq + 1, 'to_hash': heads[chain][1]})
        connection.execute(change, changes)
        last = rows[-1].id
    head = sa.table('history_head', sa.column('chain'), sa.column('seq'), sa.column('hash'))
    if heads:
        connection.execute(head.insert(), [
            {'chain': chain, 'seq': seq, 'hash': seal} for chain, (seq, seal) in heads.items()
        ])


def _sealed_columns():
    kinds = {'at': sa.DateTime(), 'created_at': sa.DateTime(), 'shown': sa.JSON(), 'changed': sa.JSON()}
    return [sa.column(name, kinds.get(name)) for name in SEALED]


def downgrade():
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TRIGGER history_head_moves')
    op.drop_index('uq_history_chain_seq', 'history')
    for name in ('hash', 'seq', 'chain'):
        op.drop_column('history', name)
    op.drop_table('history_head')
