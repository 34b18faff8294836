from django.urls import path

from accounts import settings_pages
from accounts.sign_in import views

app_name = "accounts"
urlpatterns = [
    path("accounts/sign-up/", views.sign_up, name="sign_up"),
    path("accounts/sign-in/", views.sign_in, name="sign_in"),
    path("accounts/sign-out/", views.sign_out, name="sign_out"),
    path("accounts/setup/<str:token>/", views.set_up, name="set_up"),
    path("accounts/settings/", settings_pages.settings, name="settings"),
    path("accounts/name/", settings_pages.rename, name="rename"),
    path("accounts/password/", settings_pages.password, name="password"),
    path("accounts/devices/", settings_pages.devices, name="devices"),
    path("accounts/devices/end/", settings_pages.end_devices, name="end_devices"),
    path("accounts/mail/<str:token>/", settings_pages.confirm_mail, name="confirm_mail"),
    path("accounts/forgot/", settings_pages.forgot, name="forgot"),
    path("accounts/reset/<str:player>/<str:token>/", settings_pages.reset, name="reset"),
]
