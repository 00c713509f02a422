"""Dose administration: open a person, check in, record the dose, see what was saved, take it back."""

from views.custom.dose_administration.recording import DoseAdministration
from views.custom.dose_administration.walk_in import WalkIn

PAGES = [DoseAdministration, WalkIn]
