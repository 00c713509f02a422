"""Bulk upload of every kind of file: template, file, review of every row, the good rows entered, and the way back."""

from app.uploads.kinds import kinds
from views.custom.bulk_upload.page import page_of

PAGES = [page_of(kind) for kind in kinds().values()]
