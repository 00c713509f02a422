"""What a state would use instead of the upload: Django's admin with django-import-export, its preview and confirm.

The file holds the same people under the names of the columns, in codes already, and the people who are here are found
by their address, which has an index. All else is as it comes: what a row would change is shown, and every import is in
Django's log. It checks no rule of the programme, looks for nobody alike, and writes no mail, link or sealed history.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from benchmarks import acts, django_admin
from models.base import utcnow

MODEL = "person"
ADDRESS = f"/import/{django_admin.NAME}/{MODEL}"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def declare() -> None:
    """An admin for people that imports; call it once, after `django_admin.configure`."""
    from django.contrib import admin
    from django.db import models
    from django.urls import path
    from import_export import resources
    from import_export.admin import ImportMixin

    words: dict[str, Any] = {name: models.TextField(null=True, blank=True) for name in acts.NAMES}
    words |= {"birth_date": models.DateField(), "row_version": models.IntegerField(), "created_at": models.TextField()}
    words |= {name: models.BooleanField() for name in ("lives_in_nc", "works_in_nc")}
    words |= {"employer_id": models.IntegerField(null=True)}
    meta = type("Meta", (), {"app_label": django_admin.NAME, "managed": False, "db_table": "recipient"})
    person: Any = type("Person", (models.Model,), {"__module__": __name__, "Meta": meta, **words})

    class PersonResource(resources.ModelResource):
        class Meta:
            model = person
            import_id_fields = ("email",)
            fields = tuple(acts.NAMES)

    class PersonAdmin(ImportMixin, admin.ModelAdmin):
        resource_classes = (PersonResource,)

    site = admin.AdminSite("import")
    site.register(person, PersonAdmin)
    django_admin.urlpatterns.append(path("import/", site.urls))


def file_for_django(content: bytes) -> bytes:
    """The same people, as this admin wants them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(acts.NAMES)
    now = str(utcnow())
    for row in csv.DictReader(io.StringIO(content.decode())):
        writer.writerow("" if value is None else value for value in acts.plain_row(row, now))
    return out.getvalue().encode()


def preview_and_confirm(client: Any, content: bytes) -> None:
    """Sends the file and confirms what the preview shows; anything but success stops the run."""
    file = io.BytesIO(content)
    file.name = "people.csv"
    shown = client.post(f"{ADDRESS}/import/", {"import_file": file, "format": "0"})
    form = dict(HIDDEN.findall(shown.content.decode()))
    form.pop("csrfmiddlewaretoken", None)
    if shown.status_code != 200 or "import_file_name" not in form:
        raise RuntimeError(f"Django's preview answered {shown.status_code}: {shown.content.decode()[-2_000:]}")
    done = client.post(f"{ADDRESS}/process_import/", form)
    if done.status_code != 302:
        raise RuntimeError(f"Django's import answered {done.status_code}")
