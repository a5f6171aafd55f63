"""Addresses of the library."""

from __future__ import annotations

from django.urls import path

from assets import views

app_name = "assets"
urlpatterns = [
    path("", views.library, name="library"),
    path("assets/<int:asset_id>/", views.asset, name="asset"),
    path("library/report/", views.report, name="report"),
    path("library/scan/", views.scan, name="scan"),
    path("library/import/", views.import_missing, name="import_missing"),
]
