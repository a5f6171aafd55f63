#!/bin/sh
# Fetches the front-end files that Stemma serves itself, each at the version named here. Needs npm. Run by `make vendor`.
# htmx is not among them: django-htmx ships it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts bootstrap@5.3.8 @fontsource-variable/inter@5.3.0

# The source map is not served, and hashed file names refuse a reference to a missing file.
sed 's|/\*# sourceMappingURL=.*\*/||' node_modules/bootstrap/dist/css/bootstrap.min.css >"$here/bootstrap.min.css"
cp node_modules/bootstrap/LICENSE "$here/LICENSE.bootstrap"
for script in latin latin-ext; do
    cp "node_modules/@fontsource-variable/inter/files/inter-$script-wght-normal.woff2" "$here/"
done
cp node_modules/@fontsource-variable/inter/LICENSE "$here/LICENSE.inter"

cd "$here"
sha256sum ./*.css ./*.woff2 >SHA256SUMS
