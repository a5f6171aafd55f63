"""Addresses of the lineage pages."""

from __future__ import annotations

from django.urls import path

from lineage import edge_views, manual_views, node_views, reach_views, rebuild_run_views, rebuild_views, views

app_name = "lineage"
urlpatterns = [
    path("assets/<int:asset_id>/lineage/", views.inspector, name="inspector"),
    path("assets/<int:child_id>/lineage/from/<int:parent_id>/", edge_views.edge, name="edge"),
    path("assets/<int:asset_id>/lineage/panel/", node_views.node_panel, name="node-panel"),
    path("assets/<int:asset_id>/relatives/", views.relatives, name="relatives"),
    path("assets/<int:asset_id>/origins/", reach_views.origins, name="origins"),
    path("assets/<int:asset_id>/impact/", reach_views.impact, name="impact"),
    path("assets/<int:asset_id>/reach/", reach_views.totals, name="totals"),
    path("assets/<int:asset_id>/lineage/add/", manual_views.add, name="add_edge"),
    path("lineage/edges/<int:edge_id>/", manual_views.edit, name="edit_edge"),
    path("lineage/edges/<int:edge_id>/remove/", manual_views.remove, name="remove_edge"),
    path("lineage/rebuild/", rebuild_views.rebuild, name="rebuild"),
    path("lineage/look/", rebuild_views.look, name="look"),
    path("lineage/rebuild-runs/", rebuild_run_views.run_list, name="runs"),
    path("lineage/rebuild-runs/<int:run_id>/", rebuild_run_views.run, name="run"),
    path("lineage/rebuild-runs/<int:run_id>/cancel/", rebuild_run_views.cancel, name="cancel_run"),
    path("lineage/rebuild-runs/<int:run_id>/resume/", rebuild_run_views.resume, name="resume_run"),
    path("lineage/rebuild-runs/<int:run_id>/choose/", rebuild_run_views.choose, name="choose"),
    path("lineage/rebuild-runs/<int:run_id>/apply/", rebuild_run_views.apply, name="apply"),
]
