from django.urls import path

from leaderboard import views

app_name = "leaderboard"
urlpatterns = [
    path("", views.boards_index, name="index"),
    path("<slug:slug>/", views.board_page, name="board"),
]
