"""What a state would use instead: Django's admin over the same tables, told the columns of our lists.

Accounts, sessions and Django's own log lie in a small database beside; the rows shown are the product's. Relations are
joined, as Django's documentation advises, and everything else is as it comes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings
from sqlalchemy.engine import make_url

OWN = ("auth", "admin", "contenttypes", "sessions")
NAME = "peer"


class Peer(AppConfig):
    """The application to which the tables of the product belong."""

    name, label = "benchmarks", NAME


class TwoDatabases:
    """Django's own tables in the one, the product's in the other."""

    def db_for_read(self, model: Any, **_hints: Any) -> str:
        return "default" if model._meta.app_label in OWN else "product"

    db_for_write = db_for_read

    def allow_relation(self, *_args: Any, **_hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        return db == "default" and app_label in OWN


def _database(url: str) -> dict[str, Any]:
    found = make_url(url)
    if found.get_backend_name() == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": found.database}
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": found.database, "USER": found.username or "",
        "PASSWORD": found.password or "", "HOST": found.query.get("host") or found.host or "", "PORT": found.port or "",
        "CONN_MAX_AGE": None, "OPTIONS": {"options": "-c wall.reach=all"},  # it knows no places
    }  # fmt: skip


def configure(url: str, folder: Path) -> None:
    """Sets Django up once in this process, with its own database in `folder`."""
    parts = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
    context = "django.template.context_processors.request", "django.contrib.auth.context_processors.auth"
    middleware = (
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    )  # fmt: skip
    settings.configure(
        SECRET_KEY="k" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=False, STATIC_URL="/static/",
        INSTALLED_APPS=[*(f"django.contrib.{part}" for part in parts), "import_export", f"{__name__}.Peer"],
        MIDDLEWARE=list(middleware),
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "django.db")},
            "product": _database(url),
        },
        DATABASE_ROUTERS=[f"{__name__}.TwoDatabases"], DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [*context, "django.contrib.messages.context_processors.messages"]},
        }],
    )  # fmt: skip
    django.setup()
    _declare()


urlpatterns: list[Any] = []


def _declare() -> None:
    """The tables of our two largest lists and what they point at, with an admin for each list."""
    from django.contrib import admin
    from django.db import models
    from django.urls import path

    def table(name: str, said: Any, **columns: Any) -> Any:
        meta = type("Meta", (), {"app_label": NAME, "managed": False, "db_table": name})
        return type(name.title().replace("_", ""), (models.Model,), {
            "__module__": __name__, "__str__": said, "Meta": meta, **columns,
        })  # fmt: skip

    def to(other: Any) -> Any:
        return models.ForeignKey(other, models.DO_NOTHING, related_name="+")

    words = models.TextField
    user = table("ab_user", lambda row: f"{row.first_name} {row.last_name}", first_name=words(), last_name=words())
    vaccine = table("vaccine", lambda row: row.short_name, short_name=words())
    lot = table("lot", lambda row: row.number, number=words())
    recipient = table(
        "recipient", lambda row: f"{row.first_name} {row.last_name}", first_name=words(), last_name=words(),
        birth_date=models.DateField(), city=words(), county=words(), registration=words(),
    )  # fmt: skip
    dose = table(
        "dose", lambda row: str(row.pk), given_on=models.DateField(), recipient=to(recipient), vaccine=to(vaccine),
        lot=to(lot), dose_number=words(), given_by=to(user), status=words(),
    )  # fmt: skip

    class RecipientAdmin(admin.ModelAdmin):
        list_display = ("last_name", "first_name", "birth_date", "city", "county", "registration")
        search_fields = ("last_name", "first_name")
        list_per_page = 25

    class DoseAdmin(admin.ModelAdmin):
        list_display = ("given_on", "recipient", "birth_date", "vaccine", "lot", "dose_number", "given_by", "status")
        list_select_related = ("recipient", "vaccine", "lot", "given_by")
        search_fields = ("lot__number",)
        ordering = ("-given_on",)
        list_per_page = 25

        def birth_date(self, row: Any) -> Any:
            return row.recipient.birth_date

    site = admin.AdminSite()
    site.register(recipient, RecipientAdmin)
    site.register(dose, DoseAdmin)
    urlpatterns.append(path("admin/", site.urls))


def signed_in() -> Any:
    """A browser in which a superuser of Django's is signed in."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    if not users.filter(username="bench").exists():
        users.create_superuser("bench", "bench@example.org", "bench")
    client = Client()
    client.force_login(users.get(username="bench"))
    return client


def looks_at(client: Any, address: str) -> None:
    """Opens a list of the admin; anything but a page of rows stops the run."""
    answer = client.get(f"/admin/{NAME}/{address}")
    if answer.status_code != 200 or answer.content.count(b'class="action-select"') < 25:
        raise RuntimeError(f"Django's {address} answered {answer.status_code}")
