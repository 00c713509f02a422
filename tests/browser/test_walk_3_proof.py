"""The proof: printed by staff and by the recipient, checked by a stranger, and no longer valid after a void."""

import datetime as dt

from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.doses import Proof
from models.recipients import Recipient
from tests.browser.checks import shot
from tests.browser.walks import Trail, app, button, database, given_dose, known_person, printed, stands

__all__ = ["app"]


def proof_number(app, last_name):
    with database(app) as session:
        where = Proof.recipient.has(Recipient.last_name == last_name)
        return session.scalars(select(Proof.public_id).where(where).order_by(Proof.id.desc())).first()


def person_and_dose(app, last_name):
    """Somebody with a dose of today; the number of the person and the key of the dose."""
    number = known_person(app, first_name="Żaneta", last_name=last_name, birth_date=dt.date(1955, 8, 20))
    return number, given_dose(app, number, "ND8842")


def test_a_proof_is_printed_checked_by_a_stranger_and_falls_with_the_dose(app, tablet, browse, signed_in):
    number, dose = person_and_dose(app, "Ζωγράφου")
    signed_in(tablet, "vaccinator.demo")
    trail = Trail(tablet)
    tablet.goto(f"/dose/person/{number}")
    paper = printed(tablet, button(tablet, "Print proof").tap)
    assert "Żaneta Ζωγράφου" in paper and "ND8842" in paper and "COVID-19 vaccination record" in paper
    proof = proof_number(app, "Ζωγράφου")
    assert proof in paper.replace(" ", "")

    stranger = browse("phone")
    strangers_trail = Trail(stranger)
    assert stranger.goto(f"/verify/{proof}").status == 200
    expect(stranger.locator("main")).to_contain_text("Valid – This proof was issued by the state and holds.")
    expect(stranger.locator("main")).to_contain_text("Żaneta Ζωγράφου")
    expect(stranger.locator("main table")).to_contain_text("ND8842")
    stands(stranger)
    shot(stranger, "verify-phone")

    void(tablet, dose)
    stranger.reload()
    expect(stranger.locator("main")).to_contain_text("Not valid")
    expect(stranger.locator("main")).not_to_contain_text("Ζωγράφου")
    stands(stranger)
    trail.names_nobody("Ζωγράφου", "Żaneta", "1955-08-20")
    strangers_trail.names_nobody("Ζωγράφου", "Żaneta", "1955-08-20")


def void(page: Page, dose: int) -> None:
    page.goto(f"/dose/given/{dose}/void")
    page.locator("#void_reason").fill("The wrong product was chosen")
    page.get_by_text("To waste").tap()
    button(page, "Void this dose").tap()
    expect(page.locator("h1")).to_have_text("Dose taken back")


def test_a_number_that_never_was_is_not_valid(phone):
    assert phone.goto("/verify/ABCDEFGHJKMN").status == 200
    expect(phone.locator("main")).to_contain_text("Not valid")


def test_the_recipient_prints_the_same_in_spanish_on_the_phone(app, browse, signed_in):
    phone = browse("phone", locale="es-US")
    signed_in(phone, "recipient.demo")
    stands(phone)
    trail = Trail(phone)
    phone.goto("/my-vaccinations/")
    expect(phone.locator("html")).to_have_attribute("lang", "es")
    expect(phone.locator("h1")).to_have_text("Mis vacunas")
    expect(phone.locator("main")).to_contain_text("Ana Lucía Márquez Peña")
    stands(phone)
    shot(phone, "recipient-phone-spanish")
    paper = printed(phone, phone.locator("form[action$='/print'] button").tap)
    assert "Ana Lucía Márquez Peña" in paper and "vacunación" in paper
    assert proof_number(app, "Márquez Peña") in paper.replace(" ", "")
    trail.names_nobody("Márquez", "Ana Lucía")
