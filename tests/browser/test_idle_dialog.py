"""A browser that rests: it is warned, can stay, and a form half filled in is there again after signing in anew."""

import datetime as dt

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from app.demo.users import PASSWORD
from models.base import utcnow
from models.recipients import Recipient
from models.sessions import sign_in_session
from tests.browser.walks import app, button, database, stands

__all__ = ["app"]
ASKS = "#c-idle"


def rest(app, page: Page, left: int) -> None:
    """Nothing is done for so long that the session lasts `left` seconds more; the page's own clock goes on too."""
    idle, warning = app.config["SESSION_IDLE"], app.config["SESSION_WARNING"]
    with database(app) as session:
        seen = utcnow() - idle + dt.timedelta(seconds=left)
        session.connection().execute(update(sign_in_session).values(seen_at=seen))
        session.commit()
    page.clock.fast_forward(int((idle - warning).total_seconds() + 2) * 1000)


def test_a_warning_lets_one_stay_and_a_form_outlives_the_session(app, tablet, signed_in):
    tablet.clock.install()
    signed_in(tablet, "vaccinator.demo")
    tablet.goto("/walk-in/")
    asks = tablet.locator(ASKS)
    expect(asks).to_be_hidden()
    tablet.locator("#first_name").fill("Persephone")
    tablet.locator("#last_name").fill("Halfwaythrough")

    rest(app, tablet, left=100)
    expect(asks).to_be_visible()
    expect(tablet.locator("#c-idle-clock")).to_contain_text("1:")
    stands(tablet)
    asks.get_by_role("button", name="Stay signed in").tap()
    expect(asks).to_be_hidden()
    expect(tablet.locator("#last_name")).to_have_value("Halfwaythrough")
    with database(app) as session:
        seen = session.connection().scalars(select(sign_in_session.c.seen_at)).all()
    assert utcnow() - max(seen) < dt.timedelta(minutes=5), "the server knows that somebody stays"
    tablet.locator("#birth_date").fill("1961-03-09")

    rest(app, tablet, left=-1)
    expect(asks.get_by_role("button", name="Sign in again")).to_be_visible()
    asks.get_by_role("button", name="Sign in again").tap()
    tablet.wait_for_url("**/login/**")
    assert "Halfwaythrough" not in tablet.url and "Halfwaythrough" not in tablet.content()
    tablet.locator("#username").fill("vaccinator.demo")
    tablet.locator("#password").fill(PASSWORD)
    tablet.locator("form[name=login] [type=submit]").tap()
    expect(tablet.locator("h1")).to_have_text("Your form is kept")
    button(tablet, "Send the form").tap()
    expect(tablet.get_by_text("Registered.")).to_be_visible()
    expect(tablet.locator("h1")).to_have_text("Persephone Halfwaythrough")
    with database(app) as session:
        found = session.scalars(select(Recipient).where(Recipient.last_name == "Halfwaythrough")).all()
        assert [(one.first_name, one.birth_date) for one in found] == [("Persephone", dt.date(1961, 3, 9))]
