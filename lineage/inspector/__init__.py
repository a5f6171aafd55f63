"""The lineage inspector page: cards, tree, graph and CSV of one asset's neighborhood."""
