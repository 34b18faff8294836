from django.urls import path

from accounts import settings_views, shop_views, views

app_name = "accounts"
urlpatterns = [
    path("accounts/sign-up/", views.sign_up, name="sign_up"),
    path("accounts/sign-in/", views.sign_in, name="sign_in"),
    path("accounts/sign-out/", views.sign_out, name="sign_out"),
    path("accounts/setup/<str:token>/", views.set_up, name="set_up"),
    path("accounts/settings/", settings_views.settings, name="settings"),
    path("accounts/name/", settings_views.rename, name="rename"),
    path("accounts/password/", settings_views.password, name="password"),
    path("accounts/devices/", settings_views.devices, name="devices"),
    path("accounts/devices/end/", settings_views.end_devices, name="end_devices"),
    path("accounts/mail/<str:token>/", settings_views.confirm_mail, name="confirm_mail"),
    path("accounts/forgot/", settings_views.forgot, name="forgot"),
    path("accounts/reset/<str:player>/<str:token>/", settings_views.reset, name="reset"),
    path("shop/", shop_views.shop, name="shop"),
    path("shop/buy/", shop_views.buy, name="buy"),
    path("shop/wear/", shop_views.wear, name="wear"),
]
