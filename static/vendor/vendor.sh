#!/bin/sh
# Fetches the front-end files that Stemma serves itself, each at the version named here. Needs npm and python3. Run by `make vendor`.
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

# Of Bootstrap's style sheet only the rules for elements and for these classes are kept: 1 of 12 bytes.
# A template that needs another class of Bootstrap adds it here and runs `make vendor`.
python3 "$here/keep_css_rules.py" btn btn-danger btn-primary btn-secondary form-check-input form-control form-select \
    is-invalid mb-2 mb-3 mb-4 d-none table-responsive visually-hidden \
    <node_modules/bootstrap/dist/css/bootstrap.min.css >"$here/bootstrap-used.css"
cp node_modules/bootstrap/LICENSE "$here/LICENSE.bootstrap"
for script in latin latin-ext; do
    cp "node_modules/@fontsource-variable/inter/files/inter-$script-wght-normal.woff2" "$here/"
done
cp node_modules/@fontsource-variable/inter/LICENSE "$here/LICENSE.inter"
# Source maps are not served, and hashed file names refuse a reference to a missing file.
unmapped node_modules/cytoscape/dist/cytoscape.esm.min.mjs >"$here/cytoscape.esm.min.mjs"
cp node_modules/cytoscape/LICENSE "$here/LICENSE.cytoscape"
unmapped node_modules/@dagrejs/dagre/dist/dagre.esm.js >"$here/dagre.esm.js"
cp node_modules/@dagrejs/dagre/LICENSE "$here/LICENSE.dagre"

cd "$here"
sha256sum ./*.css ./*.js ./*.mjs ./*.woff2 >SHA256SUMS
