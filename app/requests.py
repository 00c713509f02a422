"""The life of a request: one transaction, one history entry, one place in force."""

from __future__ import annotations

import traceback
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, jsonify, render_template, request, session
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, generate_csrf
from markupsafe import Markup, escape
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app import again, database, history, kept_forms, outages, places, sign_in
from app.fab.keys import key_from
from app.row_access import OutOfReach
from app.uploads.kinds import kinds
from models.base import RuleBroken, db

REFUSALS = (401, 403, 409, 429)
READS = ("GET", "HEAD", "OPTIONS")
# Forms that are no record of a place: signing in and out, and choosing the place itself.
PLACELESS = {
    "SignInView.login",
    "SignInView.logout",
    "PlaceView.switch",
    "LocaleView.index",
    "LinkDoor.go",
    "SessionView.stay",
}
# Forms that are read and checked before the write lock is asked for (`database.write_from_here`).
READ_FIRST = {"DoseAdministration.record"}
PRIVATE = "no-store"


def begin_request() -> None:
    """Before all else: what the transaction may do, and a fresh history entry."""
    database.set_reading_only(request.method in READS or request.endpoint in READ_FIRST)
    if request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_BODY_WITHOUT_FILE"]
    elif _takes_long_file():
        request.max_content_length = current_app.config["MAX_LONG_FILE"]
    history.begin(
        act=request.endpoint or "",
        method=request.method,
        path=_path(),
        address=request.remote_addr or "",
    )


def _takes_long_file() -> bool:
    """Whether somebody who is signed in sends the form of a kind of file whose rows may be many."""
    forms = {f"{kind.endpoint}.check" for kind in kinds().values() if kind.takes_any_size}
    return request.endpoint in forms and "_user_id" in session


def _path() -> str:
    """The path as the history keeps it: a number or token that opens a paper or a person's page is left out."""
    if request.url_rule is not None and {"public_id", "token"} & set(request.view_args or {}):
        return str(request.url_rule)
    return request.path


def refuse_wrong_place() -> Any:
    """A browser's form is taken only at the place it was made for; the typed values are kept."""
    if request.method in READS or request.endpoint in PLACELESS | {None} or g.get("reach") is None:
        return None
    if request.headers.get("Authorization", "").lower().startswith("bearer "):
        return None
    made_for = request.form.get("_place") or request.headers.get("X-Place", "")
    wish = key_from(request.form.get("_switch_to", ""))
    if wish is not None and sign_in.switch(wish):
        return None
    if made_for == str(g.reach.membership_id):
        return None
    history.refused("wrong place")
    if request.path.startswith("/api/"):
        return jsonify(message=_("This was made for a place that is no longer in force.")), 409
    made_at = next((place for place in g.places_to_switch if str(place.membership_id) == made_for), None)
    return render_template(
        "wrong_place.html", made_at=made_at, kept=kept_forms.fields(), action=request.full_path,
        had_file=kept_forms.had_file(),
    ), 409  # fmt: skip


def form_marks() -> Markup:
    """The two hidden inputs of every form: against forgery, and the place it was made for."""
    place = g.reach.membership_id if g.get("reach") else ""
    return Markup(
        '<input type="hidden" name="csrf_token" value="{}"><input type="hidden" name="_place" value="{}">'
    ).format(generate_csrf(), escape(place))


def _refused_by(response: Response) -> str:
    """Why somebody was not let at what they asked for, where nothing closer has noted it; "" where it is no refusal."""
    if not g.get("reach"):
        return "bad token" if response.status_code in (401, 422) and "Authorization" in request.headers else ""
    if response.status_code in REFUSALS:
        return str(response.status_code)
    if response.status_code == 404 and request.view_args:  # a row that is not there, or not in reach: we do not tell
        return "not found"
    to_sign_in = current_app.appbuilder.get_url_for_login
    denied = response.status_code == 302 and urlsplit(response.location).path == to_sign_in
    return "not allowed" if denied else ""


def end_request(response: Response) -> Response:
    """Writes what was shown, ends the transaction, and keeps personal pages out of caches."""
    if not history.entry().outcome and (why := _refused_by(response)):
        history.refused(why)
    with database.reading_only(False):
        history.write_what_was_shown()
    if not response.is_streamed or response.direct_passthrough:
        db.session.rollback()
        if (unused := g.get("unused_today")) is not None:
            places.note_use(unused)
    if request.endpoint not in ("static", "appbuilder.static"):
        response.headers.setdefault("Cache-Control", PRIVATE)
    return response


def _answer(code: int, message: Any, field: str | None = None) -> Any:
    db.session.rollback()
    if request.path.startswith("/api/"):
        body: dict[str, Any] = {"message": str(message)}
        if field:
            body["errors"] = {field: [str(message)]}
        return jsonify(body), code
    return render_template("error.html", code=code, message=message), code


def _plain_words(code: int) -> str:
    return {
        400: _("The request could not be understood."),
        403: _("Your profile does not allow this."),
        404: _("There is nothing here, or it is outside what your profile sees."),
        405: _("This address does not take that."),
        408: _("The request took too long to arrive. Please try again."),
        409: _("This was changed by someone else meanwhile. Please look at it again."),
        413: _("This is too large."),
        429: _("Too many attempts. Please wait a moment."),
    }.get(code, _("Something went wrong on our side. Nothing was saved."))


def _too_slow(_error: BlockingIOError) -> Any:
    """`app.serving` gave up waiting for the rest of the request."""
    return _answer(408, _plain_words(408))


def handle_errors(app: Flask) -> None:
    """Every error becomes a page, or a JSON body, in plain words."""

    @app.errorhandler(OutOfReach)
    def _out_of_reach(_error: OutOfReach) -> Any:
        history.refused("out of reach")
        return _answer(404, _plain_words(404))

    @app.errorhandler(RuleBroken)
    def _rule(error: RuleBroken) -> Any:
        return _answer(422, error.message, error.field)

    @app.errorhandler(StaleDataError)
    def _stale(_error: StaleDataError) -> Any:
        return _answer(409, _plain_words(409))

    @app.errorhandler(CSRFError)
    def _forged(_error: CSRFError) -> Any:
        history.refused("forged form")
        return _answer(400, _("This form is too old or comes from elsewhere. Please load the page again."))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        return _answer(error.code, _plain_words(error.code))

    if not app.testing:

        @app.errorhandler(Exception)
        def _unforeseen(error: Exception) -> Any:
            frames = "".join(traceback.format_tb(error.__traceback__))  # code lines only, no values
            app.logger.error("unforeseen: %s in %s\n%s", type(error).__name__, request.endpoint, frames)
            return _answer(500, _plain_words(500))


def install(app: Flask) -> None:
    """Ties the life of a request to the app; called before Flask-AppBuilder adds its own."""
    app.before_request(begin_request)
    app.after_request(end_request)
    app.jinja_env.globals["form_marks"] = form_marks
    app.register_error_handler(BlockingIOError, _too_slow)
    handle_errors(app)
    outages.install(app)
    again.install(app)


def install_after_sign_in(app: Flask) -> None:
    """What needs to know who it is; called after Flask-AppBuilder has said so."""
    app.before_request(kept_forms.lead_back)
    app.before_request(sign_in.establish)
    app.before_request(refuse_wrong_place)

    @app.context_processor
    def _always() -> dict[str, Any]:
        return {
            "reach": g.get("reach"),
            "places_to_switch": g.get("places_to_switch", []),
            "languages": app.config["LANGUAGES"],
            "appbuilder": app.extensions["appbuilder"],
        }
