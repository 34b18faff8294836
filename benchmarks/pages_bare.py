"""The baseline of `benchmarks.pages`: Django with one async view and no middleware. `/?bytes=30000` gives as many."""

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], USE_I18N=False)

import django  # noqa: E402

django.setup(set_prefix=False)


async def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x" * int(request.GET["bytes"]))


urlpatterns = [path("", page)]
application = ASGIHandler()
