"""Web, worker and database die of kill -9 while doses are recorded and files entered, a hundred times over.

Whoever gets no answer sends the same again, as people do. What was acknowledged is there, nothing is there twice, and
ledger and history hold, after each round. SOAK_ROUNDS and SOAK_SEED: how many rounds, and which.
"""

import os
import random
import re
import threading
import time
import uuid
from collections import Counter
from http.client import HTTPException

import pytest
from sqlalchemy import func, select

from app.factory import create_app
from app.history_proof import verify
from app.rules import ledger_check
from models.base import db
from models.doses import Dose
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.stock import InventoryItem, StockMovement
from models.uploads import Upload
from tests import factories as make
from tests.clinic import Browser, open_clinic
from tests.conftest import settings_for
from tests.soak.killing import KILLS, Console
from tests.soak.serving import Line, people_checked_in
from tests.uploads_kit import csv_of, person

ROUNDS = int(os.environ.get("SOAK_ROUNDS", "100"))
AT_ONCE = min(ROUNDS, 20)  # with one console: a hundred would take longer than any test may
SEED = int(os.environ.get("SOAK_SEED", "1"))
NURSES = 5
DOSES = 40  # a round
ROWS = (60, 240)  # in the request, and by the worker; by turns
PATIENCE = 180  # seconds until everything of a round must be acknowledged

pytestmark = pytest.mark.soak


class Sender:
    """Sends a form until it is answered; counts how often there was no answer."""

    def __init__(self, port, browser):
        self.line, self.marks = Line(port, browser.client), browser.marks()
        self.unanswered = self.away = 0

    def send(self, path, form=None, file=b""):
        """(code, text, where it leads) of the first answer that is one."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = self.line.send(path, None if form is None else form | self.marks, file, patience=60)
                if answer[0] != 503:
                    return answer
                self.away += 1
            except (OSError, HTTPException):
                self.unanswered += 1
            time.sleep(0.05)
        raise AssertionError(f"{path} was not answered")


class Day:
    """One clinic, its nurses and its manager, and what was acknowledged to them."""

    def __init__(self, console):
        self.console, self.app = console, create_app(settings_for(console.url))
        self.clinic = open_clinic(self.app, doses=DOSES * AT_ONCE)
        first = people_checked_in(self.app, self.clinic, 1)[0][1]
        browsers = [Browser(self.app, "nurse") for _ in range(NURSES)]
        home = f"/dose/person/{first}"
        self.form = browsers[0].open(home).form(f"{home}/record")
        self.nurses = [Sender(console.port, browser) for browser in browsers]
        self.manager = Sender(console.port, Browser(self.app, "manager"))
        self.given, self.entered, self.wrong = {}, {}, Counter()

    def round(self, number, what, chance):
        """Records and uploads, and kills in the midst of it."""
        waiting = iter(people_checked_in(self.app, self.clinic, DOSES))
        self.let_go()
        lock, goal = threading.Lock(), len(self.given) + chance.randrange(1, DOSES - NURSES)

        def record(sender):
            while True:
                with lock:
                    visit, public_id = next(waiting, (None, None))
                if visit is None:
                    return
                key = str(uuid.uuid4())
                form = self.form | {"visit": str(visit), "key": key}
                code, text, where = sender.send(f"/dose/person/{public_id}/record", form)
                if code == 303:
                    self.given[key] = int(where.rsplit("/", 1)[1])
                else:
                    self.wrong[f"dose {code} {' '.join(re.sub('<[^>]+>', ' ', text).split())[-600:]}"] += 1

        work = [threading.Thread(target=record, args=(nurse,)) for nurse in self.nurses]
        work.append(threading.Thread(target=self.enter, args=(number,)))
        for thread in work:
            thread.start()
        until = time.monotonic() + PATIENCE
        while len(self.given) < goal and any(thread.is_alive() for thread in work) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.1))
        self.console.kill(what, chance)
        self.console.start()
        for thread in work:
            thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in work), "somebody still waits"

    def let_go(self):
        """Nobody but the console has its database open: what a killed one left is found by whoever opens it next."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def enter(self, number):
        """A file of people, sent, reviewed and entered; sent anew where nobody said that it was taken."""
        rows = ROWS[number % len(ROWS)]
        names = [_name(number, row) for row in range(rows)]
        people = [person(First_Name="Ida", Last_Name=name, Email="", External_ID="") for name in names]
        code, text, where = self.manager.send("/upload/", {}, csv_of(*people))
        if code == 303 and self.stands(where, "reviewed"):
            code, text, _where = self.manager.send(f"{where}/enter", {})
            if code == 303 and self.stands(where, "committed"):
                self.entered[int(where.rsplit("/", 1)[1])] = names
                return
        self.wrong[f"file {code} {where} {' '.join(re.sub('<[^>]+>', ' ', text).split())[-600:]}"] += 1

    def stands(self, where, status):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            code, text, _where = self.manager.send(f"{where}/progress")
            if code != 200:
                self.wrong[f"progress {code}"] += 1
                return False
            if f'"{status}"' in text:
                return True
            time.sleep(0.1)
        return False

    def check(self):
        """What must hold at any time."""
        assert self.wrong == {}
        with self.app.app_context():
            with acting(make.SEED):
                doses = db.session.execute(select(Dose.key, Dose.id)).all()
                assert len(doses) == len(self.given) and dict(map(tuple, doses)) == self.given
                names = [name for some in self.entered.values() for name in some]
                people = select(Recipient.last_name).where(Recipient.first_name == "Ida")
                assert sorted(db.session.scalars(people)) == sorted(names)
                links = select(func.count()).select_from(RecipientLink).join(Recipient)
                assert db.session.scalar(links.where(Recipient.first_name == "Ida")) == len(names)
                assert set(self.entered) <= set(db.session.scalars(select(Upload.id)))
                moved = select(func.count()).select_from(StockMovement).where(StockMovement.kind == "given")
                assert db.session.scalar(moved) == len(doses)
                left = db.session.get_one(InventoryItem, self.clinic.item).doses
                assert left == DOSES * AT_ONCE - len(doses)
                assert ledger_check.check_ledger()["broken"] == []
                db.session.rollback()
            assert verify(db.engine)["broken"] == []
            db.session.remove()


def _name(number, row):
    """A name of letters, like no other."""
    return "X" + "".join(chr(97 + int(digit)) * 2 for digit in f"{SEED % 100:02d}{number:03d}{row:03d}") + "x"


@pytest.fixture
def console(tmp_path):
    made = Console(tmp_path)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("part", range(-(-ROUNDS // AT_ONCE)))
def test_whatever_is_killed_what_was_acknowledged_is_there_once(console, part):
    day, chance = Day(console), random.Random(f"{SEED}:{part}")
    console.start()
    for number in range(AT_ONCE):
        day.round(number, KILLS[number % len(KILLS)], chance)
        day.check()
    senders = [*day.nurses, day.manager]
    assert sum(one.unanswered + one.away for one in senders) >= AT_ONCE // 2, "hardly anybody noticed"
    assert "Traceback" not in console.said()
    day.let_go()
