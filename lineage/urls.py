"""URLs of the lineage pages."""

from __future__ import annotations

from django.urls import path

from lineage.inspector import node_panel
from lineage.inspector import views as inspector
from lineage.manual import views as manual
from lineage.origins_impact import path_views
from lineage.origins_impact import views as closure
from lineage.rebuild import run_views
from lineage.rebuild import views as rebuild
from lineage.usage import views as usage

app_name = "lineage"
urlpatterns = [
    path("assets/<int:asset_id>/lineage/", inspector.inspector, name="inspector"),
    path("assets/<int:child_id>/lineage/from/<int:parent_id>/", usage.edge, name="edge"),
    path("assets/<int:asset_id>/lineage/panel/", node_panel.node_panel, name="node-panel"),
    path("assets/<int:asset_id>/relatives/", inspector.relatives, name="relatives"),
    path("assets/<int:asset_id>/origins/", closure.origins, name="origins"),
    path("assets/<int:child_id>/origins/<int:ancestor_id>/", path_views.path, name="path"),
    path("assets/<int:asset_id>/originals/", closure.originals, name="originals"),
    path("assets/<int:asset_id>/impact/", closure.impact, name="impact"),
    path("assets/<int:asset_id>/reach/", closure.totals, name="totals"),
    path("assets/<int:asset_id>/lineage/add/", manual.add, name="add_edge"),
    path("lineage/edges/<int:edge_id>/", manual.edit, name="edit_edge"),
    path("lineage/edges/<int:edge_id>/remove/", manual.remove, name="remove_edge"),
    path("lineage/rebuild/", rebuild.rebuild, name="rebuild"),
    path("lineage/look/", rebuild.preview, name="look"),
    *run_views.pages.urls("lineage/rebuild-runs/"),
    path("lineage/rebuild-runs/<int:run_id>/choose/", run_views.choose, name="choose"),
    path("lineage/rebuild-runs/<int:run_id>/apply/", run_views.apply, name="apply"),
]
