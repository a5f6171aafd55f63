"""URLs of the Provider Settings pages."""

from __future__ import annotations

from django.urls import path

from providers import views

app_name = "providers"
urlpatterns = [
    path("settings/providers/", views.first_provider, name="settings"),
    path("settings/providers/<slug:provider_id>/", views.settings, name="settings"),
    path("settings/providers/<slug:provider_id>/accounts/new/", views.connect, name="connect"),
    path("settings/accounts/<int:account_id>/", views.change, name="change"),
    path("settings/accounts/<int:account_id>/test/", views.test_connection, name="test"),
    path("settings/accounts/<int:account_id>/switch/", views.switch, name="switch"),
    path("settings/accounts/<int:account_id>/delete/", views.delete, name="delete"),
]
