"""A throw-away Flask-AppBuilder app: shelves and jars, stock views, and the repairs.

`REPAIRS_LEFT_OUT=actions,rison pytest tests/fab` runs without the repairs named, to see what they mend.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelRestApi, ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.sqla import models as _accounts  # noqa: F401 - registers FAB's own tables
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app import fab

LEFT_OUT = set(filter(None, os.environ.get("REPAIRS_LEFT_OUT", "").split(",")))


class ToyBase(DeclarativeBase):
    """Tables that the product's metadata never sees."""


db = SQLAlchemy(model_class=ToyBase)


class Shelf(db.Model):
    __tablename__ = "toy_shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    jars: Mapped[list[Jar]] = relationship(back_populates="shelf")

    def __str__(self) -> str:
        return self.name


class Jar(db.Model):
    __tablename__ = "toy_jar"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(40))
    secret: Mapped[str | None] = mapped_column(String(40))
    spoons: Mapped[int | None]
    filled_on: Mapped[dt.date | None]
    sealed_at: Mapped[dt.datetime | None]
    is_sealed: Mapped[bool | None]
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("toy_shelf.id"))
    shelf: Mapped[Shelf | None] = relationship(back_populates="jars")

    def __str__(self) -> str:
        return self.label


def _views() -> tuple[type, type, type]:
    class JarView(ModelView):
        datamodel = SQLAInterface(Jar)
        base_order = ("label", "asc")
        list_columns = ["label", "spoons"]
        search_columns = ["label", "spoons", "filled_on", "is_sealed"]
        add_columns = ["label", "spoons"]
        edit_columns = ["label", "spoons"]

    class ShelfView(ModelView):
        datamodel = SQLAInterface(Shelf)
        list_columns = ["name"]
        search_columns = ["name"]
        add_columns = ["name"]
        edit_columns = ["name"]
        related_views = [JarView]

    class JarApi(ModelRestApi):
        datamodel = SQLAInterface(Jar)
        resource_name = "jar"
        allow_browser_login = True
        csrf_exempt = False
        list_columns = ["label", "spoons"]
        search_columns = ["label", "spoons", "filled_on", "is_sealed", "shelf"]
        add_columns = ["label", "spoons", "shelf"]
        edit_columns = ["label", "spoons", "shelf"]

    return JarView, ShelfView, JarApi


def make_app(database: str, **settings: Any) -> Flask:
    """The toy app with the repairs, on its own database."""
    app = Flask("toys")
    app.config.update(
        SECRET_KEY="k" * 40,
        SQLALCHEMY_DATABASE_URI=database,
        WTF_CSRF_ENABLED=False,
        FAB_CREATE_DB=False,
        FAB_UPDATE_PERMS=False,
        FAB_ROLES={"Admin": [[".*", ".*"]]},
        FAB_API_MAX_PAGE_SIZE=100,
        AUTH_RATE_LIMITED=False,
        RATELIMIT_ENABLED=False,
        PROPAGATE_EXCEPTIONS=False,
        **settings,
    )
    db.init_app(app)
    CSRFProtect().init_app(app)
    for repair in (*fab.PROCESS_WIDE, *fab.APP_WIDE):
        if repair.__name__.split(".")[-1] not in LEFT_OUT:
            repair.install(app) if repair in fab.APP_WIDE else repair.install()
    with app.app_context():
        _tables()
        builder = AppBuilder(app, db.session)
        jars, shelves, api = _views()
        builder.add_view(jars, "Jars")
        builder.add_view(shelves, "Shelves")
        builder.add_api(api)
        builder.sm.add_user("cook", "C", "Ook", "cook@toys.example", builder.sm.add_role("Admin"), "pw")
    return app


def _tables() -> None:
    tables = [table for name, table in Model.metadata.tables.items() if name.startswith("ab_")]
    Model.metadata.create_all(db.engine, tables=tables)
    db.create_all()
    kitchen = Shelf(id=1, name="kitchen")
    db.session.add_all([kitchen, Shelf(id=2, name="cellar")])
    days = [dt.date(2021, 1, 1) + dt.timedelta(days=n) for n in range(150)]
    for number, day in enumerate(days, 1):
        moment = dt.datetime.combine(day, dt.time(12))
        db.session.add(
            Jar(id=number, label=f"jar {number:03}", spoons=number, filled_on=day, sealed_at=moment, shelf=kitchen)
        )
    db.session.commit()


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The toy app of the session."""
    return make_app(f"sqlite:///{tmp_path_factory.mktemp('toys') / 'toys.db'}")


@pytest.fixture
def cook(toys: Flask) -> Any:
    """A browser in which the toy app's administrator is signed in."""
    client = toys.test_client()
    answer = client.post("/login/", data={"username": "cook", "password": "pw"})
    assert answer.status_code == 302, answer.text
    return client
