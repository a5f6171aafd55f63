"""URLs of scans and imports, of drift checks and of imports by ID."""

from __future__ import annotations

from django.urls import path

from assets.drift import views as drift
from assets.merges import views as merges
from assets.sync import by_id_views
from assets.sync_runs import views as sync_runs

app_name = "assets"
urlpatterns = [
    path("library/report/", sync_runs.report, name="report"),
    path("library/coverage/", sync_runs.account_coverage, name="coverage"),
    path("library/scan/", sync_runs.scan, name="scan"),
    path("library/import/", sync_runs.import_missing, name="import_missing"),
    path("library/merges/", merges.merges, name="merges"),
    path("library/merges/<int:merge_id>/split/", merges.split_merge, name="split_merge"),
    path("library/by-id/", by_id_views.by_id, name="by_id"),
    path("accounts/<int:account_id>/drift/", drift.drift, name="drift"),
    *sync_runs.pages.urls("runs/"),
    path("runs/<int:run_id>/retry/", sync_runs.retry_problems, name="retry_problems"),
]
