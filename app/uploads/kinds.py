"""The kinds of files that can be sent, each declared as data; page, command and worker serve them all alike.

The idiom: blank template -> file -> rows read -> checked -> decided -> reviewed -> entered -> rows to fix as a file.
A kind says only what is its own. To add one:

1. `app/uploads/<name>.py` with its columns and a `Kind`:

       SHIPMENTS = Template(kind="shipments", title=_l("Shipments"), columns=(Column("Lot", "lot", "text", True), ...),
                            rules=(a_rule,), identity=what_makes_two_rows_one, notes=(_l("..."),))

       def decide(rows: list[Checked], upload: Upload) -> list[Decided]: ...
       def enter(decided: list[Decided], upload: Upload, by: Reach) -> dict[int, int]: ...

       KIND = Kind("shipments", SHIPMENTS, Shipment.__table__, decide, enter, verb="send_shipments",
                   words=Words(_l("Shipments from a file"), _l("shipments-template")),
                   menu=Menu("Stock", _l("Shipments from a file")), named_by=("Lot",))

2. its `KIND` in `kinds()` below, its name and words in `models.uploads.UPLOAD_KINDS`,
3. its verb in `app/access.md`: in the list of verbs, and in the row `Upload` of each profile that may send it.

What the parts are:

* `template`: the columns (`app.uploads.columns.Column`), declared once for blank template, drop-downs, help, parser,
  messages, fix-file and API. `Column.kind` names a reader of `app.uploads.cells.READERS` or is a function
  (text, column, known) -> value that raises `cells.Wrong(words)`; `Column.table` a table of `app.reference`;
  `Column.choices` a function giving code -> words (with the reader "choice"). `rules` look at several cells of a row
  and yield (field, code, words); the codes are the families of `app.uploads.checking.FAMILIES`.
* `table`: the stored table whose columns free text must fit in length and shape; columns not in it are not held to it.
* `known(rows, upload)`: what the check needs besides the file, looked up once for a set of rows (`cells.Known`).
* `decide(checked, upload)`: the outcome of each row - "new", "changed", "same", "doubled", "review" or "refused" -
  against what is stored now, in sets. Preview and entering both ask it. `deciding.begin(rows, template)` gives the
  rows refused by the check and, by the template's `identity`, those doubled in the file;
  `Decided.refuse(column, code, words)` refuses one more.
* `enter(decided, upload, by)`: writes those of outcome "new" and "changed" into the session - no commit - and answers
  row number -> key of what it became, kept in `UploadRow.<keeps>` ("made_id" unless said otherwise). A row may still be
  refused here: `Decided.refuse`; it is then counted and comes back in the fix-file.
* `verb`: who may send it, a verb of the entity Upload in `access.md`. `needs_place`: False where the rows belong to no
  place (state staff are then not asked for one). `most_rows`: more are refused with a plain reason.
* `named_by`: the headings that name a row in the review; `date_column`: a heading whose date is shown as it was read.
* `words`, `menu`: what people read; `groups()`: what a column of the kind "group" may hold; `is_phased()`: whether
  columns required "phased" are required now; `joining(upload)`: how many rows need nothing written but a link;
  `lock()`: taken before rows are decided for entering, where two uploads at once could both find nobody;
  `fits(decided, upload)`: whether some of these rows have to do with the place (else: is it the right file?).
* `take_back(rows, upload)`: undoes what these kept rows entered, as far as nobody has touched it since; writes into
  `UploadRow.kept` why not, and answers how many stay. None: an upload of this kind cannot be taken back.
* `at_once`: rows in one transaction. `begin` names doubles within one such set; where a file may have more, `decide`
  asks `app.uploads.earlier.earlier_rows` for those before. `place_column`: the field of a column that names a place
  for each row, so that one file may be split by location.
"""

from __future__ import annotations

from app.uploads.kind import Kind


def kinds() -> dict[str, Kind]:
    """Every kind, by the name that `Upload.kind` keeps."""
    from app.uploads import onboarding, recipients_kind, redcap, shipments

    return {kind.name: kind for kind in (recipients_kind.KIND, onboarding.KIND, redcap.KIND, shipments.KIND)}


def kind_of(name: str) -> Kind:
    """The kind of this name."""
    return kinds()[name]
