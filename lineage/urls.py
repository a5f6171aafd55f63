"""Addresses of the lineage pages."""

from __future__ import annotations

from django.urls import path

from lineage import rebuild_views, views

app_name = "lineage"
urlpatterns = [
    path("assets/<int:asset_id>/lineage/", views.inspector, name="inspector"),
    path("assets/<int:asset_id>/relatives/", views.relatives, name="relatives"),
    path("lineage/rebuild/", rebuild_views.rebuild, name="rebuild"),
    path("lineage/rebuild-runs/<int:run_id>/", rebuild_views.run, name="run"),
]
