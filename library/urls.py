"""Addresses of the library's pages."""

from __future__ import annotations

from django.urls import path

from library import deletion_views, views

app_name = "library"
urlpatterns = [
    path("", views.library, name="library"),
    path("assets/<int:asset_id>/", views.asset, name="asset"),
    path("assets/<int:asset_id>/delete/", deletion_views.delete_asset, name="delete"),
    path("library/delete/", deletion_views.delete_selected, name="delete_selected"),
]
