from django.urls import path

from games import views

app_name = "games"
urlpatterns = [
    path("", views.lobby, name="lobby"),
    path("play/<slug:slug>/", views.play, name="play"),
    path("replays/<str:run>/", views.replay, name="replay"),
    path("replays/<str:run>/frames.json", views.replay_frames, name="replay_frames"),
    path("boards/<slug:slug>/record/<int:player>/", views.record, name="record"),
]
