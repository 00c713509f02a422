"""What tests of dose administration count and look up behind the pages."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from models.base import db
from models.doses import Dose
from models.scope import acting
from models.stock import InventoryItem
from tests import factories as make


def counted(app, entity, *where):
    with app.app_context(), acting(make.SEED):
        return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def on_hand(app, clinic):
    with app.app_context(), acting(make.SEED):
        return db.session.get(InventoryItem, clinic.item).doses


def dose_of(app, clinic):
    with app.app_context(), acting(make.SEED):
        dose = db.session.scalars(
            select(Dose).where(Dose.recipient_id == clinic.key, Dose.location_id == clinic.here)
        ).one()
        assert dose.vaccine and dose.visit
        return dose


def all_at_once(app, browser, path, forms):
    """The same browser sends these forms at the same moment; where each answer leads."""
    cookie = browser.client.get_cookie("console").value
    start = threading.Barrier(len(forms))

    def send(form):
        client = app.test_client()
        client.set_cookie("console", cookie)
        start.wait()
        answer = client.post(path, data=form)
        return answer.status_code, answer.headers.get("Location")

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, forms))
