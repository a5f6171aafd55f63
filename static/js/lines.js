// Draws the edges between the cards of the family tree. Without it the columns and badges say the same.

const SVG = "http://www.w3.org/2000/svg";
const sideways = window.matchMedia("(min-width: 48.01rem)");
const resized = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target.closest("[data-tree]"))));

function draw(tree) {
  tree.querySelector(".tree__lines")?.remove();
  if (!sideways.matches) return;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "tree__lines");
  svg.setAttribute("aria-hidden", "true");
  const places = new Map();
  for (const node of tree.querySelectorAll("[data-node]")) places.set(node.dataset.node, place(node, tree));
  for (const node of tree.querySelectorAll("[data-lines]")) {
    const own = places.get(node.dataset.node);
    for (const other of new Set(node.dataset.lines.trim().split(/\s+/))) {
      if (places.has(other)) svg.append(line(own, places.get(other)));
    }
  }
  svg.setAttribute("width", tree.scrollWidth);
  svg.setAttribute("height", tree.scrollHeight);
  tree.prepend(svg);
}

function place(node, tree) {
  const box = node.getBoundingClientRect();
  const frame = tree.getBoundingClientRect();
  const left = box.left - frame.left - tree.clientLeft + tree.scrollLeft;
  return { left, right: left + box.width, middle: box.top - frame.top - tree.clientTop + box.height / 2 };
}

function line(one, other) {
  const [from, to] = one.left < other.left ? [one, other] : [other, one];
  const half = (to.left - from.right) / 2;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute(
    "d",
    `M${from.right} ${from.middle} C${from.right + half} ${from.middle} ${to.left - half} ${to.middle} ${to.left} ${to.middle}`,
  );
  return path;
}

function attach() {
  for (const tree of document.querySelectorAll("[data-tree]:not([data-drawn])")) {
    tree.dataset.drawn = "yes";
    // On a wide tree that has to be scrolled, begin at the asset itself.
    const middle = tree.querySelector(".level--self");
    if (sideways.matches) tree.scrollLeft = middle.offsetLeft + middle.offsetWidth / 2 - tree.clientWidth / 2;
    draw(tree);
    for (const level of tree.children) if (level instanceof HTMLElement) resized.observe(level);
  }
}

attach();
document.addEventListener("htmx:load", attach);
