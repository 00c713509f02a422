"""Screens of what the state decided about locations and their applications."""

from models.reviews import LocationEvent
from views.screen import Screen


class LocationEventScreen(Screen):
    entity = LocationEvent
    list_columns = ["created_at", "location", "status", "reason", "by"]
    search_columns = ["created_at", "location", "status"]
    base_order = ("created_at", "desc")


SCREENS = [LocationEventScreen]
