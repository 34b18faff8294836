from django.urls import path

from people import views

urlpatterns = [
    path("players/<str:name>/", views.profile, name="profile"),
    path("players/<str:name>/follow/", views.follow, name="follow"),
    path("accounts/bring/", views.bring_over, name="bring"),
    path("accounts/data/", views.my_data, name="my_data"),
    path("accounts/data/export.json", views.export_data, name="export_data"),
    path("accounts/data/delete/", views.delete_account, name="delete_account"),
]
