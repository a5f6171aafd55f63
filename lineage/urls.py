"""Addresses of the lineage pages."""

from __future__ import annotations

from django.urls import path

from lineage import views

app_name = "lineage"
urlpatterns = [
    path("assets/<int:asset_id>/lineage/", views.inspector, name="inspector"),
    path("assets/<int:asset_id>/relatives/", views.relatives, name="relatives"),
    path("lineage/rebuild/", views.rebuild, name="rebuild"),
    path("lineage/rebuild-runs/<int:run_id>/", views.run, name="run"),
]
