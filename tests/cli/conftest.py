"""Fixtures that the tests of the command line share with those of `bot`."""

from tests.bot.conftest import rasa as rasa
from tests.bot.web.conftest import make_app as make_app
