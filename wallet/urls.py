from django.urls import path

from wallet import views

app_name = "wallet"
urlpatterns = [
    path("shop/", views.shop, name="shop"),
    path("shop/buy/", views.buy, name="buy"),
    path("shop/wear/", views.wear, name="wear"),
]
