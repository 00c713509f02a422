"""Puts the product together: the one place where settings, database, access and screens meet."""

from __future__ import annotations

import gc

# A start makes half a million objects that all stay, a request ten thousand that all go: at Python's own 700 new ones
# the collector goes through them again and again and finds nothing. Said before what is imported makes the first.
gc.set_threshold(50_000)

import logging
from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_mail import Mail
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import (
    access,
    commands,
    database,
    fab,
    headers,
    history,
    languages,
    production,
    quiet_logs,
    requests,
    row_access,
    sign_in,
    wall,
)
from app.production import UnsafeStart
from app.rules import account_care, records_window
from app.sessions import ServerSessions
from models import registry
from models.base import db

mail = Mail()


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """The Flask app; `overrides` replace settings of config.py."""
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.from_object("config")
    app.config.update(overrides or {})
    app.config["FAB_ROLES"] = access.fab_roles()
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = database.engine_options(app)
    app.testing = bool(app.config.get("TESTING"))
    if proxies := app.config["TRUSTED_PROXIES"]:  # else the history would name the proxy as where everyone came from
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    production.refuse_unsafe_settings(app)
    logging.getLogger("flask_appbuilder").setLevel(logging.WARNING)
    quiet_logs.install()
    _extensions(app)
    with app.app_context():
        database.prepare(db.engine, row_security=bool(app.config["ROW_SECURITY"]))
        production.refuse_demo_accounts(app)
        _console(app)
    commands.register(app)
    if not gc.get_freeze_count():
        gc.freeze()  # a full collection would walk for a third of a second through what stays anyway
    return app


def _extensions(app: Flask) -> None:
    registry.entities()
    row_access.install()
    records_window.install()
    account_care.install()
    history.install()
    wall.install()
    db.init_app(app)
    Migrate(app, db, directory=str(registry.MIGRATIONS), render_as_batch=True)
    mail.init_app(app)
    app.session_interface = ServerSessions()
    requests.install(app)
    headers.install(app)
    CSRFProtect().init_app(app)  # before AppBuilder, which refuses a deleting GET only where it exists
    fab.install(app)


def _console(app: Flask) -> None:
    from views import portals, start
    from views import registry as screens

    appbuilder = AppBuilder(
        app, db.session, indexview=portals.Front, security_manager_class=sign_in.Security, base_template="base.html"
    )
    sign_in.install(app)
    languages.install(app)
    requests.install_after_sign_in(app)
    appbuilder.add_view_no_menu(portals.PlaceView)
    appbuilder.add_view_no_menu(start.StartView)
    screens.register(appbuilder)


__all__ = ["UnsafeStart", "create_app", "mail"]
