"""What shows nothing: a reach without its place, a row of a file not entered yet, a session that has ended."""

import io

import pytest
from sqlalchemy import select

from models.base import db
from models.registry import entities
from models.scope import Reach, acting
from models.sessions import sign_in_session
from models.uploads import UploadRow
from tests import factories as make
from tests.signing_in import marks, send, sign_in

HEADERS = (
    "First Name*,Last Name*,Date of Birth*,Gender*,Race*,Ethnicity*,Street*,City*,State*,ZIP*,County*,Email,"
    "Industry*,Lives in NC*,Works in NC*,Phone,Employer,Middle Name,Suffix,Street 2,Priority Group,"
    "Preferred Language,External ID"
)
ANA = (
    "Ana,García,05/17/1980,Female,Asian,Not Hispanic or Latino,9 Oak St,Raleigh,NC,27601,Wake,ana@example.com,"
    "Health care,Y,Y,,,,,,,,"
)


@pytest.mark.parametrize("kind", ["location", "organization", "self"])
def test_a_reach_without_its_place_sees_nothing_of_any_place(app, kind):
    with app.app_context():
        place, company = make.location(), make.organization(kind="employer")
        make.dose(location=place)
        make.recipient(employer=company)
        for made in (make.storage_unit, make.upload, make.visit):
            made(place) if made is not make.visit else made(location=place)
        make.proof(make.recipient(at=place))
        make.membership("State Administrator")
        make.membership("Front Desk", location=place)
        make.membership("Organization Portal", organization=company)
        me = make.user()
        reach = Reach(kind, user_id=me.id, profile="nobody in particular")
        for name, entity in entities().items():
            if entity.scope.open_to_all:
                continue
            with acting(reach):
                found = db.session.scalars(select(entity.id)).all()
            assert found in ([], [me.id] if name == "PortalUser" else []), name


@pytest.fixture
def employer(app):
    """Somebody of an employer signed in, and a patient of a clinic that the employer does not know."""
    with app.app_context():
        make.recipient(at=make.location(), email="ana@example.com", middle_name="Soledad")
        make.membership("Organization Portal", make.user("employer"), organization=make.organization(kind="employer"))
        db.session.commit()
    return sign_in(app.test_client(), "employer")


def test_a_row_that_matches_somebody_does_not_tell_how_the_person_is_stored(app, employer):
    file = (io.BytesIO(f"{HEADERS}\n{ANA}\n".encode()), "people.csv")
    sent = {**marks(employer), "file": file}
    address = employer.post("/upload/", data=sent, content_type="multipart/form-data").headers["Location"]
    with app.app_context(), acting(make.SEED):
        row = db.session.scalars(select(UploadRow)).one()
        assert row.outcome == "changed" and row.recipient.middle_name == "Soledad"
    for path in (address, "/upload-row/list/", f"/upload-row/show/{row.id}", "/api/v1/uploadrow/"):
        page = employer.get(path).get_data(as_text=True)
        assert "Soledad" not in page and '"recipient"' not in page, path


def test_what_was_searched_is_gone_with_the_session(app, employer):
    send(employer, "/recipient/search", **{"2_last_name": "Featherstonehaugh"})

    def kept():
        with app.app_context():
            rows = db.session.connection().execute(select(sign_in_session.c.data)).scalars()
            return sum(b"Featherstonehaugh" in data for data in rows)

    assert kept() == 1
    send(employer, "/logout/")
    assert kept() == 0
