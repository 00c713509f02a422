"""The browser of the sender is gone, in the midst of a file or right after it: the job ends without it, and tells."""

import contextlib
import gc
import io
import socket
import time
from collections import Counter

import pytest
from sqlalchemy import delete, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

from models.base import db
from models.notices import Notice
from models.people import Membership, PortalUser
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.sessions import sign_in_session
from models.uploads import Upload, UploadRow
from tests import factories as make
from tests.bulk_upload.sending import MANAGER, act, count, signed_in, stored, words
from tests.signing_in import marks, sign_in
from tests.soak.serving import served
from tests.uploads_kit import csv_of, person

ROWS = 130


def named(number):
    letters = "".join(chr(97 + int(digit)) * 2 for digit in f"{number:03d}")
    reached_by = {"Phone": "", "Email": f"p{number}@example.com"} if number % 10 == 0 else {"Email": ""}
    return person(First_Name="Ida", Last_Name=f"X{letters}x", External_ID="") | reached_by


def request_of(browser, path, **form):
    """The bytes of a form as this browser sends it."""
    stream, length, boundary = stream_encode_multipart({**marks(browser), **form})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: console={browser.get_cookie('console').value}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {length}\r\n"
        "Connection: close\r\n\r\n"
    )
    with stream:
        return head.encode() + stream.read()


def sent_and_gone(port, data):
    """Sends these bytes and closes the connection, whatever the server would say."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            line.recv(1)  # the server has gone as far as it will; its answer is read by nobody


def comes_to(app, status):
    """Waits until the upload stands so: the server may still be at the request of whoever has gone."""
    until = time.monotonic() + 60
    while (found := stored(app, Upload.status)) != [(status,)]:
        assert time.monotonic() < until, found
        time.sleep(0.05)


@pytest.fixture
def manager(app, client):
    with app.app_context():
        place = make.location(county="37183").id
        db.session.commit()
    return signed_in(app, client, MANAGER, location_id=place)


# Werkzeug leaves the half of a file that has come to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*SpooledTemporaryFile")
def test_a_browser_closed_in_the_midst_of_a_file_and_after_it_loses_nobody_and_doubles_nobody(app, manager, mailbox):
    from tests.upload_commit.test_jobs import work

    whose = Membership.profile == MANAGER
    with app.app_context(), acting(make.SEED):
        user = db.session.scalars(select(PortalUser).join(Membership).where(whose)).one()
        username, address = user.username, user.email
    file = FileStorage(io.BytesIO(csv_of(*map(named, range(ROWS)))), "people.csv", "file")
    with served(app) as port:
        whole = request_of(manager, "/upload/", file=file)
        sent_and_gone(port, whole[: len(whole) // 2])
        assert count(app, Upload) == 0, "half a file was taken"
        sent_and_gone(port, whole)
        comes_to(app, "checking")
        with app.app_context(), acting(make.SEED):
            db.session.execute(delete(sign_in_session))
            db.session.commit()
        work(app)
        assert stored(app, Upload.status) == [("reviewed",)] and len(mailbox.mails(address)) == 1
        again = sign_in(app.test_client(), username)
        ((key,),) = stored(app, Upload.id)
        assert f"/upload/{key}" in again.get("/upload/").text, "whoever comes back does not find it"
        sent_and_gone(port, request_of(again, f"/upload/{key}/enter"))
        comes_to(app, "entering")
    gc.collect()
    work(app)
    assert stored(app, Upload.status, Upload.rows_new) == [("committed", ROWS)]
    assert (count(app, UploadRow), count(app, Recipient), count(app, RecipientLink)) == (ROWS,) * 3
    kinds = Counter(kind for (kind,) in stored(app, Notice.kind))
    assert kinds == {"upload_checked": 1, "upload_entered": 1, "welcome": ROWS // 10}
    assert len(mailbox.mails(address)) == 2 and len(mailbox.mails("p0@example.com")) == 1
    page = words(act(again, f"/upload/{key}", "enter"))
    assert f"{ROWS} new people were entered." in page and count(app, Recipient) == ROWS
