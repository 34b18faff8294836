from django.urls import path

from games.daily import pages

app_name = "daily"
urlpatterns = [
    path("", pages.index, name="index"),
    path("<slug:slug>/", pages.puzzle, name="puzzle"),
    path("<slug:slug>/<str:day>/", pages.archive, name="archive"),
]
