"""Addresses of the library and of the runs that fill it."""

from __future__ import annotations

from django.urls import path

from assets import by_id_views, drift_views, removal_views, run_views, views

app_name = "assets"
urlpatterns = [
    path("", views.library, name="library"),
    path("assets/<int:asset_id>/", views.asset, name="asset"),
    path("assets/<int:asset_id>/delete/", removal_views.delete_asset, name="delete"),
    path("library/delete/", removal_views.delete_selected, name="delete_selected"),
    path("library/report/", run_views.report, name="report"),
    path("library/coverage/", run_views.account_coverage, name="coverage"),
    path("library/scan/", run_views.scan, name="scan"),
    path("library/import/", run_views.import_missing, name="import_missing"),
    path("library/by-id/", by_id_views.by_id, name="by_id"),
    path("accounts/<int:account_id>/drift/", drift_views.drift, name="drift"),
    path("runs/", run_views.run_list, name="runs"),
    path("runs/<int:run_id>/", run_views.run, name="run"),
    path("runs/<int:run_id>/cancel/", run_views.cancel, name="cancel_run"),
    path("runs/<int:run_id>/resume/", run_views.resume, name="resume_run"),
    path("runs/<int:run_id>/retry/", run_views.retry_problems, name="retry_problems"),
]
