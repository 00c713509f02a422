"""The way back: what an upload entered is taken out as far as nobody has touched it, and the rest is named."""

from sqlalchemy import select

from app.uploads import reviewing, stages
from app.uploads.kinds import kind_of
from models.base import db
from models.enrollment import Location
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.uploads import UploadRow
from tests import factories as make
from tests.upload_commit.kit import entered, everybody, known
from tests.uploads_kit import person

NEW = [
    person(First_Name="Ann", Last_Name="Lee", Email="ann@example.com", Phone="", External_ID="E-2"),
    person(First_Name="Bo", Last_Name="Hill", Email="bo@example.com", Phone="", External_ID="E-3"),
    person(First_Name="Cy", Last_Name="Moss", Email="cy@example.com", Phone="", External_ID="E-4"),
]


def taken_back(clinic, upload):
    stages.undo(upload, clinic)
    db.session.commit()
    db.session.expire_all()
    query = select(UploadRow.row, UploadRow.kept).where(UploadRow.upload_id == upload.id, UploadRow.kept.is_not(None))
    return dict(db.session.execute(query.order_by(UploadRow.row)).tuples().all())


def test_people_whom_nobody_touched_are_taken_out_and_the_others_named(clinic):
    upload = entered(clinic, *NEW)
    with acting(make.SEED):
        people = {one.last_name: one for one in everybody()}
        people["Lee"].city = "Cary"
        make.visit(people["Hill"], db.session.get_one(Location, clinic.location_id))
        db.session.commit()
    assert taken_back(clinic, upload) == {2: "touched", 3: "touched"}
    assert [one.last_name for one in everybody()] == ["Lee", "Hill"]
    assert (upload.status, upload.rows_kept) == ("undone", 2)
    named = reviewing.kept(upload, kind_of("recipients"))
    assert [(one.row, one.name, one.said) for one in named] == [
        (2, "Ann Lee", ["Somebody has worked with this record since."]),
        (3, "Bo Hill", ["Somebody has worked with this record since."]),
    ]
    assert [link.how for link in db.session.scalars(select(RecipientLink)).all()] == ["upload", "upload"]


def test_changes_are_taken_back_where_the_value_is_still_the_uploads(clinic):
    key = known(email=None, city=None, street=None, zip_code=None, state=None, county=None)
    upload = entered(clinic, person())
    with acting(make.SEED):
        someone = db.session.get_one(Recipient, key)
        assert (someone.email, someone.sex) == ("maria@example.com", "F")
        someone.email = "other@example.com"
        db.session.commit()
    assert taken_back(clinic, upload) == {2: "changed"}
    with acting(make.SEED):
        someone = db.session.get_one(Recipient, key)
        assert (someone.email, someone.sex, someone.city) == ("other@example.com", None, None)
    assert db.session.scalars(select(Recipient)).all() == [], "the place does not see the person any more"


def test_somebody_known_who_was_here_since_stays_on_the_list(clinic):
    key = known()
    upload = entered(clinic, person())
    with acting(make.SEED):
        make.visit(db.session.get_one(Recipient, key), db.session.get_one(Location, clinic.location_id))
        db.session.commit()
    assert taken_back(clinic, upload)[2] == "listed"
    assert db.session.scalars(select(Recipient.id)).all() == [key]


def test_an_upload_of_people_known_to_another_upload_since_keeps_them(clinic):
    first = entered(clinic, NEW[0])
    entered(clinic, NEW[0])
    assert taken_back(clinic, first) == {2: "touched"}
    assert len(everybody()) == 1
