"""The worker's queue: signed JSON, no pickle, on SQLite or PostgreSQL."""

import contextlib
import datetime as dt
import os
import pickle
import sqlite3

import pytest
from huey import Huey
from huey.registry import Message

from app import worker
from app.jobs.payload import ForgedPayload, SignedJson
from app.jobs.store import NoStore, opened, store_at
from tests import databases
from tests.postgres import OWNER

KEY = "k" * 40


def queue_at(url, **more):
    return opened(Huey, url, True, name="test", results=False, serializer=SignedJson(KEY), **more)


def with_a_job(queue):
    done = []

    @queue.task(name="note")
    def note(*facts, **named):
        done.append((facts, named))

    return note, done


def on_postgresql():
    """An empty store on the run's PostgreSQL server, whatever database the suite runs on."""
    name = f"queue_{os.urandom(4).hex()}"
    with databases.one_at_a_time():
        databases.cluster().start()
        databases.cluster().create(name)
    return name, databases.cluster().url(name, OWNER)  # which makes the tables of a worker


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """The address of an empty store of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/queue.db"
        return
    name, url = on_postgresql()
    yield url
    databases.cluster().drop(name)


def test_a_job_comes_back_as_it_was_given(store):
    queue = queue_at(store)
    note, done = with_a_job(queue)
    given = (1, "zwei", None, 2.5, True, (1, [2]), {"on": dt.datetime(2021, 1, 21, 8, 30)}, dt.timedelta(minutes=5))
    note(*given, place="Río")
    queue.execute(queue.dequeue())
    assert done == [(given, {"place": "Río"})]
    assert queue.dequeue() is None
    queue.storage.close()


def test_a_scheduled_job_keeps_its_time(store):
    queue = queue_at(store)
    note, _done = with_a_job(queue)
    note.schedule(args=(7,), eta=dt.datetime(2021, 1, 21, 8, 30, tzinfo=dt.UTC))
    queue.execute(queue.dequeue(), dt.datetime(2021, 1, 21, 8, 0))
    assert queue.read_schedule(dt.datetime(2021, 1, 21, 8, 0)) == []
    (task,) = queue.read_schedule(dt.datetime(2021, 1, 21, 8, 31))
    assert task.args == (7,)
    queue.storage.close()


def test_a_job_changed_in_the_queue_is_refused(tmp_path):
    queue = queue_at(f"sqlite:///{tmp_path}/queue.db")
    note, done = with_a_job(queue)
    note("one dose")
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.db")) as database:
        database.execute("UPDATE task SET data = CAST(replace(data, 'one dose', 'all dose') AS BLOB)")
        database.commit()
    with pytest.raises(ForgedPayload):
        queue.dequeue()
    assert done == []
    assert queue.dequeue() is None  # and it does not block what comes after it
    queue.storage.close()


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('a job ran code')",))


@pytest.mark.parametrize("forged", [b"", b".", b"{}", pickle.dumps(Bomb()), SignedJson("other" * 8).serialize("job")])
def test_what_we_did_not_sign_is_refused_and_never_run(forged):
    with pytest.raises(ForgedPayload):
        SignedJson(KEY).deserialize(forged)


def test_a_payload_is_signed_json_and_carries_no_objects():
    payload = SignedJson(KEY).serialize(Message("1", "note", args=("x",)))
    assert payload.partition(b".")[2].startswith(b'{"!":"job"')
    with pytest.raises(TypeError, match="a job cannot carry a Bomb"):
        SignedJson(KEY).serialize(Bomb())


@pytest.mark.parametrize("url", ["", "worker.db", "mysql://console:geheim@db/queue", "sqlite://relative.db"])
def test_an_unknown_store_is_named_without_its_address(url):
    with pytest.raises(NoStore, match="WORKER_STORE must begin with") as refused:
        store_at(url, make_tables=False)
    assert "geheim" not in str(refused.value)


def test_a_store_that_does_not_answer_is_told_without_its_password(tmp_path):
    with pytest.raises(NoStore) as refused:
        queue_at("postgresql://console:geheim@127.0.0.1:1/queue")
    assert "geheim" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_store_on_redis_needs_its_package_or_its_server():
    with pytest.raises(NoStore):
        queue_at("redis://:geheim@127.0.0.1:1/0")


def test_the_worker_says_that_its_tables_are_missing(app, monkeypatch):
    name, url = on_postgresql()
    monkeypatch.setitem(app.config, "WORKER_STORE", url)
    with pytest.raises(NoStore, match="flask init"):
        worker.make_queue(app)
    worker.make_queue(app, make_tables=True).storage.close()
    worker.make_queue(app).storage.close()
    databases.cluster().drop(name)
