"""An export of REDCap on its page: checked and entered by the worker, mended by its fix-file, entered once."""

import io

import openpyxl
import pytest

from app import worker
from app.jobs import uploads
from models.applications import Application, ApplicationEvent
from models.enrollment import Location, Organization
from models.notices import Notice
from models.uploads import Upload
from tests.bulk_upload.sending import act, count, signed_in, stored, words
from tests.redcap_kit import agreements, clinic, exported, organization
from tests.signing_in import marks

MANY = 60  # with a clinic each: more rows than a request takes
PAGE = "/upload-redcap/"


@pytest.fixture
def staff(app, client):
    return signed_in(app, client, "State Immunization Staff")


def sent(browser, data, name="agreements.csv"):
    answer = browser.post(PAGE, data={**marks(browser), "file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def work(app, sets=None):
    """The worker, until all is done or so many sets are."""
    left = iter(range(sets)) if sets else None
    worker.step(app, "uploads", lambda: uploads.work_off(lambda: left is not None and next(left, None) is None))


def test_agreements_come_in_by_the_worker_and_what_was_wrong_by_its_fix_file(app, staff):
    wrong = [organization("900", cmo_signed_on="soon"), clinic("900")]
    file = exported(*agreements(MANY), *wrong)
    where = sent(staff, file)
    assert "You can close this page" in words(staff.get(where)) and count(app, Organization) == 0
    work(app)
    page = words(staff.get(where))
    assert f"{2 * MANY} organizations and locations will be entered" in page
    assert "2 rows stay out; you get them back as a file." in page and "cmo_signed_on" in page
    assert "The good rows are being entered" in words(act(staff, where, "enter"))
    work(app)
    assert f"{2 * MANY} organizations and locations were entered" in words(staff.get(where))
    assert [count(app, one) for one in (Organization, Location, Application)] == [MANY] * 3
    assert set(stored(app, Application.origin, Application.status)) == {("redcap", "approved")}
    assert all("Signatures on file" in said for (said,) in stored(app, ApplicationEvent.words))
    assert {kind for (kind,) in stored(app, Notice.kind)} == {"upload_checked", "upload_entered"}

    book = openpyxl.load_workbook(io.BytesIO(staff.get(f"{where}/rows-to-fix.xlsx").data))
    headings, *rows = book.active.iter_rows()
    assert len(rows) == 2
    rows[0][[cell.value for cell in headings].index("cmo_signed_on")].value = "12/10/2020"
    mended = io.BytesIO()
    book.save(mended)
    again = sent(staff, mended.getvalue(), "rows-to-fix.xlsx")
    act(staff, again, "enter")
    assert [count(app, one) for one in (Organization, Location, Application)] == [MANY + 1] * 3

    twice = sent(staff, exported(*agreements(MANY), organization("900"), clinic("900")))
    work(app)
    assert "All rows of this file are here already" in words(staff.get(twice))
    act(staff, twice, "enter")
    assert [count(app, one) for one in (Organization, Location, Application)] == [MANY + 1] * 3


def test_the_application_page_says_that_it_was_migrated_and_that_signatures_are_on_file(app, staff):
    where = sent(staff, exported(organization("7"), clinic("7")))
    act(staff, where, "enter")
    assert stored(app, Upload.status) == [("committed",)], "few rows need no worker"
    ((key,),) = stored(app, Application.id)
    assert "RC-7" in words(staff.get("/application/list/"))
    page = words(staff.get(f"/application/show/{key}"))
    assert "Migrated from REDCap" in page and "Signatures on file: Rosa Díaz (CMO), 2020-12-10" in page
