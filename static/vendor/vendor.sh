#!/bin/sh
# Fetches the front-end files that Stemma serves itself, each at the version named here. Needs npm. Run by `make vendor`.
# htmx is not among them: django-htmx ships it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts bootstrap@5.3.8 @fontsource-variable/inter@5.3.0 \
    cytoscape@3.34.4 @dagrejs/dagre@3.0.0

unmapped() {
    sed -e 's|/\*# sourceMappingURL=.*\*/||' -e 's|^//# sourceMappingURL=.*||' "$1"
}

# Source maps are not served, and hashed file names refuse a reference to a missing file.
unmapped node_modules/bootstrap/dist/css/bootstrap.min.css >"$here/bootstrap.min.css"
cp node_modules/bootstrap/LICENSE "$here/LICENSE.bootstrap"
for script in latin latin-ext; do
    cp "node_modules/@fontsource-variable/inter/files/inter-$script-wght-normal.woff2" "$here/"
done
cp node_modules/@fontsource-variable/inter/LICENSE "$here/LICENSE.inter"
unmapped node_modules/cytoscape/dist/cytoscape.esm.min.mjs >"$here/cytoscape.esm.min.mjs"
cp node_modules/cytoscape/LICENSE "$here/LICENSE.cytoscape"
unmapped node_modules/@dagrejs/dagre/dist/dagre.esm.js >"$here/dagre.esm.js"
cp node_modules/@dagrejs/dagre/LICENSE "$here/LICENSE.dagre"

cd "$here"
sha256sum ./*.css ./*.js ./*.mjs ./*.woff2 >SHA256SUMS
