"""Signing by the links of one's mail: once, with the name and a code, and nobody else's link."""

import datetime as dt
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor

import pypdf
from sqlalchemy import func, select

from app import letters
from app.formats.agreement_pdf import EMBEDDED
from models.agreements import Agreement, Signature, SignatureRequest
from models.base import db, utcnow
from models.history import History
from models.links import Link
from models.notices import Notice
from models.scope import acting
from tests import factories as make
from tests import signers
from tests.signers import CEO, CMO, SIGNING, Signer, asked, request_of, token
from tests.signing_in import marks


def kept(app, entity, **where):
    """The rows of an entity as they are stored."""
    with app.app_context(), acting(make.SEED):
        found = db.session.scalars(select(entity).filter_by(**where).order_by(entity.id)).all()
        db.session.expunge_all()
    return found


def mails(app, kind):
    """(address, words) of each mail of a kind that waits, as it would go out."""
    with app.app_context(), acting(make.SEED):
        rows = db.session.scalars(select(Notice).where(Notice.kind == kind).order_by(Notice.id)).all()
        return [(row.to_address, " ".join(letters.words(row.kind, row.language, row.context))) for row in rows]


def test_two_sign_the_same_bytes_and_all_parties_get_them(app):
    found = asked(app)
    assert [address for address, _words in mails(app, "signature_asked")] == [CMO, CEO]
    rosa = Signer(app, CMO)
    page = rosa.follow_link()
    assert page.code == 200 and "Chief Medical Officer" in page.text and "Mountain Clinic" in page.text
    document = rosa.client.get(f"{SIGNING}document").data
    (agreement,) = kept(app, Agreement)
    assert hashlib.sha256(document).hexdigest() == agreement.document_sha256
    assert "NC 2004-00123" in pypdf.PdfReader(io.BytesIO(document)).pages[-1].extract_text()
    picture = rosa.client.get(f"{SIGNING}pages/1.png")
    assert picture.data.startswith(b"\x89PNG") and rosa.client.get(f"{SIGNING}pages/99.png").status_code == 404

    code = rosa.have_code()
    assert mails(app, "signing_code")[0][0] == CMO and code in mails(app, "signing_code")[0][1]
    page = rosa.sign("rosa  diaz", code)
    assert "You have signed." in page.text and signers.status_of(app, found.draft) == "awaiting_signatures"
    (signature,) = kept(app, Signature)
    assert signature.document_sha256 == agreement.document_sha256 and signature.confirmed_by == "code"
    assert (signature.typed_name, signature.license_number, signature.address) == (
        "rosa diaz",
        "2004-00123",
        "127.0.0.1",
    )
    assert signature.statement.startswith("I certify that I am the Chief Medical Officer") and signature.consent
    assert mails(app, "agreement_signed") == []

    paul = Signer(app, CEO)
    paul.follow_link()
    assert "You have signed." in paul.sign("Paul Lee", paul.have_code()).text
    assert signers.status_of(app, found.draft) == "submitted"
    assert {address for address, _words in mails(app, "agreement_signed")} == {CMO, CEO, "admin@example.org"}
    form = rosa.follow_link("signed_copy").form("/signed-copy/")
    copy = rosa.post("/signed-copy/", form).answer.data
    paper = pypdf.PdfReader(io.BytesIO(copy))
    assert paper.attachments[EMBEDDED] == [document]
    assert "rosa diaz" in paper.pages[-1].extract_text() + paper.pages[-2].extract_text()
    assert rosa.post("/signed-copy/", form).code == 410, "once"
    assert Signer(app, CMO).follow_link("signed_copy").code == 410
    told = "".join(f"{row.path}{row.changed}" for row in kept(app, History))
    assert token(app, CMO) not in told and code not in told


def test_what_is_typed_wrong_stands_at_its_field_and_costs_no_try(app):
    asked(app)
    rosa = Signer(app, CMO)
    rosa.follow_link()
    code = rosa.have_code()
    page = rosa.sign("Rosa Diez", code)
    assert page.code == 422 and "as it stands in the document: Rosa Díaz" in page.text
    assert page.form(SIGNING)["typed_name"] == "Rosa Diez"
    page = rosa.sign("Rosa Díaz", code, consent=None)
    assert page.code == 422 and "Without your consent" in page.text
    assert rosa.sign("", code).code == 422
    assert request_of(app, CMO).tries == 0 and kept(app, Signature) == []


def test_a_code_is_tried_five_times_and_holds_for_ten_minutes(app):
    asked(app)
    rosa = Signer(app, CMO)
    rosa.follow_link()
    assert "no longer holds" in rosa.sign("Rosa Díaz", "123456").text, "none was sent"
    code = rosa.have_code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _n in range(5):
        assert "not the code" in rosa.sign("Rosa Díaz", wrong).text
    assert "tried too often" in rosa.sign("Rosa Díaz", code).text
    assert "sent a moment ago" in rosa.post(f"{SIGNING}code", rosa.open(SIGNING).form(SIGNING)).html
    key = request_of(app, CMO).id
    signers.change(app, SignatureRequest, key, code_until=utcnow() - dt.timedelta(seconds=1))
    second = rosa.have_code()
    signers.change(app, SignatureRequest, key, code_until=utcnow() - dt.timedelta(seconds=1))
    assert "no longer holds" in rosa.sign("Rosa Díaz", second).text
    third = rosa.have_code()
    assert rosa.sign("Rosa Díaz", f" {third[:3]} {third[3:]}").code == 200
    assert request_of(app, CMO).status == "signed"


def test_tapped_twice_gives_one_signature(app):
    asked(app)
    rosa = Signer(app, CMO)
    rosa.follow_link()
    values = {**rosa.open(SIGNING).form(SIGNING), "consent": "y", "typed_name": "Rosa Díaz", "code": rosa.have_code()}
    cookie = rosa.client.get_cookie("console").value
    other = app.test_client()
    other.set_cookie("console", cookie)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda client: client.post(SIGNING, data=values).status_code, (rosa.client, other)))
    assert answers == [303, 303] and "You have signed." in rosa.open(SIGNING).text
    assert rosa.post(SIGNING, values).code == 200, "and once more, later"
    assert len(kept(app, Signature)) == 1


def test_foreign_used_expired_and_revoked_links_open_nothing_and_are_told_in_the_same_words(app):
    asked(app)
    nobody = Signer(app, CMO)
    for path in ("", "document", "pages/1.png"):
        assert nobody.client.get(SIGNING + path).status_code in (404, 410), path
    rosa = Signer(app, CMO)
    values = rosa.follow_link().form(SIGNING)
    (link,) = [one for one in kept(app, Link) if one.email == CMO]
    signers.change(app, Link, link.id, expires_at=utcnow() - dt.timedelta(seconds=1))
    expired = rosa.open(SIGNING)
    assert expired.code == 410 and "Ask for a new link" in expired.text
    assert rosa.post(SIGNING, {**values, "consent": "y", "typed_name": "Rosa Díaz"}).code == 410
    gone = f"/link/{token(app, CMO)}"
    words = []
    for path in (gone, "/link/" + "A" * 54):
        stranger = Signer(app, "nobody@example.org")
        shut = stranger.send(path, path)
        assert "does not hold" in shut.text
        words.append(stranger.post(path, {**shut.form(""), "again": "yes"}).text)
    assert words[0] == words[1] and "If the link was ours" in words[0]
    fresh = [address for address, _words in mails(app, "signature_asked")]
    assert fresh == [CMO, CEO, CMO], "one new link, to the address of the old one"
    assert rosa.open(SIGNING).code == 410, "the old one stays shut"
    assert rosa.follow_link().code == 200


def test_a_link_for_one_cannot_sign_for_the_other(app):
    asked(app)
    paul, rosa = Signer(app, CEO), Signer(app, CMO)
    paul.follow_link()
    rosa.follow_link()
    code = rosa.have_code()
    paul.have_code()
    assert "not the code" in paul.sign("Paul Lee", code).text
    assert "as it stands in the document: Paul Lee" in paul.sign("Rosa Díaz", code).text
    assert kept(app, Signature) == []


def test_declining_needs_a_reason_sends_it_back_and_shuts_the_other_link(app):
    found = asked(app)
    rosa, paul = Signer(app, CMO), Signer(app, CEO)
    for signer in (rosa, paul):
        signer.follow_link()
    page = rosa.send(SIGNING, f"{SIGNING}decline", reason=" ")
    assert page.code == 422 and signers.status_of(app, found.draft) == "awaiting_signatures"
    page = rosa.send(SIGNING, f"{SIGNING}decline", reason="The box is not validated")
    assert "You have declined." in page.text
    assert signers.status_of(app, found.draft) == "draft"
    assert request_of(app, CEO).status == "revoked"
    assert "not waited for any more" in paul.open(SIGNING).text
    assert "The box is not validated" in mails(app, "agreement_declined")[0][1]
    assert kept(app, Signature) == []


def test_whoever_signed_in_just_now_needs_no_code(app):
    asked(app)
    with app.app_context():
        place = make.location()
        make.membership("Healthcare Provider", make.user("rosa", email=CMO), location=place)
        make.membership("Healthcare Provider", make.user("other"), location=place)
        db.session.commit()
    other = Signer(app, CMO, "other")
    other.follow_link()
    assert other.sign("Rosa Díaz").code == 422, "somebody else's sign-in says nothing of the signer"
    rosa = Signer(app, CMO, "rosa")
    rosa.follow_link()
    with rosa.client.session_transaction() as session:
        session["signed_in_at"] = (utcnow() - dt.timedelta(minutes=11)).isoformat()
    assert rosa.sign("Rosa Díaz").code == 422, "too long ago"
    with rosa.client.session_transaction() as session:
        session["signed_in_at"] = (utcnow() - dt.timedelta(minutes=9)).isoformat()
    assert rosa.sign("Rosa Díaz").code == 200
    (signature,) = kept(app, Signature)
    assert signature.confirmed_by == "sign_in" and signature.user_id is not None


def test_a_spanish_document_holds_the_binding_english_text_too(app):
    asked(app, "es")
    (agreement,) = kept(app, Agreement)
    rosa = Signer(app, CMO)
    rosa.follow_link()
    document = rosa.client.get(f"{SIGNING}document").data
    words = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages)
    assert agreement.language == "es"
    assert "Acuerdo Complementario" in words and "Cadena de frío" in words and "The cold chain" not in words
    assert "Before any redistribution" in words and "Terms (the binding text)" in words
    assert "Se le pide firmar" in mails(app, "signature_asked")[0][1]


def test_without_a_link_nothing_can_be_sent(app):
    stranger = Signer(app, CMO)
    for path in ("code", "decline", "again", ""):
        answer = stranger.client.post(SIGNING + path, data=marks(stranger.client, "/login/"))
        assert answer.status_code in (400, 410) or b"If the link was ours" in answer.data
    with app.app_context(), acting(make.SEED):
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 0
