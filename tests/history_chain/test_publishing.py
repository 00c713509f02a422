"""A history sealed anew from end to end disagrees with what was published outside the database."""

import json

from sqlalchemy import delete, select, update

from app import history_chain, history_proof, history_published
from app.jobs import housekeeping
from models.base import db
from models.history import History, history_head
from models.scope import acting
from tests.factories import SEED
from tests.history_chain.kit import PLACES, TABLE, tampered, victim, write
from tests.post_office import deliver


def rewritten(row):
    """The entry changed and everything after it sealed anew, its chain's head too: all that the database can tell."""
    statements = [update(TABLE).where(TABLE.c.id == row.id).values(username="somebody.else")]
    with acting(SEED), db.engine.connect() as connection:
        after = select(TABLE).where(TABLE.c.chain == row.chain, TABLE.c.seq >= row.seq).order_by(TABLE.c.seq)
        before = select(TABLE.c.hash).where(TABLE.c.chain == row.chain, TABLE.c.seq == row.seq - 1)
        last = connection.execute(before).scalar_one()
        for one in connection.execute(after):
            said = {**one._mapping, **({"username": "somebody.else"} if one.id == row.id else {})}
            values = [json.dumps(said[n]) if n in history_chain.AS_WRITTEN else said[n] for n in history_chain.SEALED]
            last = history_chain.seal(last, history_chain.digest(one.chain, values))
            statements.append(update(TABLE).where(TABLE.c.id == one.id).values(hash=last))
    return [*statements, update(history_head).where(history_head.c.chain == row.chain).values(hash=last)]


def test_a_chain_sealed_anew_from_end_to_end_disagrees_with_what_was_published(written, run, tmp_path):
    file = tmp_path / "heads.jsonl"
    history_published.publish(db.engine, file)
    write(PLACES[0], 2)
    told = history_published.publish(db.engine, file)
    assert history_proof.verify(db.engine, history_published.read(file).seals)["broken"] == []
    good = run("verify-history", "--against", file)
    assert good.exit_code == 0 and told["digest"] in good.stdout

    assert tampered(*rewritten(victim())) == []  # by itself the database cannot tell
    history_published.publish(db.engine, file)  # nor does publishing it once more make it good
    found = run("verify-history", "--against", file, "--json")
    problems = [one["problem"] for one in json.loads(found.stdout)["broken"]]
    assert found.exit_code == 1 and problems and set(problems) == {"not as published"}


def test_a_history_taken_back_to_an_earlier_day_disagrees_with_what_was_published(written, tmp_path):
    row, file = victim(), tmp_path / "heads.jsonl"
    history_published.publish(db.engine, file)
    back = update(history_head).where(history_head.c.chain == row.chain).values(seq=row.seq, hash=row.hash)
    assert tampered(delete(TABLE).where(TABLE.c.chain == row.chain, TABLE.c.seq > row.seq), back) == []
    broken = history_proof.verify(db.engine, history_published.read(file).seals)["broken"]
    assert {(one["chain"], one["problem"]) for one in broken} == {(row.chain, "published and gone")}


def test_a_file_that_was_changed_is_refused_and_a_line_cut_short_is_not_counted(written, run, tmp_path):
    file = tmp_path / "heads.jsonl"
    history_published.publish(db.engine, file)
    write(PLACES[1])
    history_published.publish(db.engine, file)
    first, second = file.read_text().splitlines(keepends=True)
    file.write_text(first + second[:30])
    assert history_published.read(file).last["digest"] == json.loads(first)["digest"]
    again = history_published.publish(db.engine, file)
    assert history_published.read(file).last["digest"] == again["digest"] == json.loads(second)["digest"]
    told = json.loads(first)
    told["heads"][0][2] = "0" * 64
    for bad in (
        json.dumps(told) + "\n" + second,
        "[]\n",
        "{}\n",
        "\xff\n",
        first + first.replace('"heads":[', '"h":['),
    ):
        file.write_text(bad)
        done = run("verify-history", "--against", file)
        assert done.exit_code == 2 and "line" in done.stderr


def test_each_night_the_history_is_proved_and_published(app, office, monkeypatch, tmp_path, caplog):
    file = tmp_path / "outside" / "heads.jsonl"
    monkeypatch.setitem(app.config, "HISTORY_HEADS_FILE", str(file))
    monkeypatch.setitem(app.config, "HISTORY_DIGEST_EMAIL", "auditor@example.org")
    from app import worker

    with app.app_context():
        write(PLACES[0], 3)
    for night in (1, 2):
        worker.step(app, "verify-history", housekeeping.verify_history)
        assert len(file.read_text().splitlines()) == night
    with app.app_context():
        assert tampered(update(TABLE).where(TABLE.c.location_id == PLACES[0]).values(address="elsewhere"))
    worker.step(app, "verify-history", housekeeping.verify_history)
    assert "run flask verify-history" in caplog.text
    with app.app_context(), acting(SEED):
        told = db.session.scalars(select(History).where(History.act == "job verify-history").order_by(History.id)).all()
        assert [one.outcome for one in told] == ["done", "done", "findings"]
        digest = history_published.read(file).last["digest"]
        assert told[2].changed[0]["digest"] == digest
    deliver(app)
    mails = [mail for mail in office.taken if mail["To"] == "auditor@example.org"]
    assert digest in mails[-1].get_content() and "FINDINGS" in mails[-1]["Subject"]
    assert "FINDINGS" not in mails[0]["Subject"]
