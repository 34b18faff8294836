from django.urls import path

from games import views

app_name = "games"
urlpatterns = [
    path("", views.lobby, name="lobby"),
    path("play/<slug:slug>/", views.play, name="play"),
]
