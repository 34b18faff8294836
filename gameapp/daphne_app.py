"""daphne as an app, without its server.

Its own configuration imports Twisted in every process that sets up Django: 0.3 s and 20 MB each, which only `runserver`
and `python -m daphne` need, and they import it themselves.
"""

from django.apps import AppConfig


class DaphneConfig(AppConfig):
    name = "daphne"
    verbose_name = "Daphne"
