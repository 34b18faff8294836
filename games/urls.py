from django.urls import path

from games import views

app_name = "games"
urlpatterns = [
    path("", views.lobby, name="lobby"),
    path("play/<slug:slug>/", views.play, name="play"),
    path("replays/<str:run>/", views.replay, name="replay"),
    path("replays/<str:run>/frames.json", views.replay_frames, name="replay_frames"),
    path("replays/<str:run>/share.json", views.share, name="share"),
    path("replays/<str:run>/card.png", views.picture, name="picture"),
    path("beat/<str:run>/", views.beat, name="beat"),
    path("boards/<slug:slug>/record/<int:player>/", views.record, name="record"),
]
