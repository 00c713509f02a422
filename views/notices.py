"""The outbox: mail that waits, went out, or could not be delivered."""

from app.rules import notices
from models.notices import Notice
from views.screen import Screen


class NoticeScreen(Screen):
    entity = Notice
    menu = "Oversight"
    list_columns = ["created_at", "kind", "to_address", "status", "attempts", "next_try_at", "sent_at", "problem"]
    show_columns = [
        "kind", "to_address", "language", "recipient", "user", "location", "status", "attempts", "next_try_at",
        "sent_at", "problem",
    ]  # fmt: skip
    search_columns = ["kind", "status", "location", "created_at"]
    base_order = ("created_at", "desc")
    acts = [notices.send_again]


SCREENS = [NoticeScreen]
