from django.urls import path

from games.rooms import pages
from games.rooms.meeting import challenges

app_name = "rooms"
urlpatterns = [
    path("watch/", pages.watch, name="watch"),
    path("watch/list/", pages.live_list, name="list"),
    path("rooms/play/<slug:slug>/", pages.quick, name="quick"),
    path("rooms/new/<slug:slug>/", pages.make, name="make"),
    path("players/<str:name>/challenge/", challenges.challenge, name="challenge"),
    path("players/<str:name>/block/", challenges.block, name="block"),
    path("rooms/<str:room>/", pages.room, name="room"),
    path("rooms/<str:room>/sit/", pages.sit, name="sit"),
    path("rooms/<str:room>/frames.json", pages.frames, name="frames"),
]
