"""The sockets' addresses."""

from django.urls import path

from games.consumer import PlayConsumer
from leaderboard.consumer import BoardConsumer

urlpatterns = [
    path("ws/", BoardConsumer.as_asgi()),
    path("ws/play/<slug:slug>/", PlayConsumer.as_asgi()),
]
