from django.urls import path

from leaderboard.pages import views

app_name = "leaderboard"
urlpatterns = [
    path("", views.boards_index, name="index"),
    path("champions/", views.champions_page, name="champions"),
    path("<slug:slug>/", views.board_page, name="board"),
    path("<slug:slug>/last/<int:days>/", views.window_page, name="window"),
    path("<slug:slug>/past/", views.seasons_page, name="seasons"),
    path("<slug:slug>/past/<str:period>/", views.season_page, name="season"),
    path("<slug:slug>/mine/", views.own_runs_page, name="mine"),
    path("<slug:slug>/export.csv", views.export_csv, name="export"),
]
