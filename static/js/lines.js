// Draws the lines between the cards. Without it the columns and badges show the same edges.

const SVG = "http://www.w3.org/2000/svg";
const sideways = window.matchMedia("(min-width: 48.01rem)");
const resized = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target.closest("[data-tree]"))));

function draw(tree) {
  tree.querySelector(".tree__lines")?.remove();
  if (!sideways.matches) return;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "tree__lines");
  svg.setAttribute("aria-hidden", "true");
  const nodes = new Map();
  for (const node of tree.querySelectorAll("[data-node]")) nodes.set(node.dataset.node, node);
  const paths = new Set();
  for (const node of tree.querySelectorAll("[data-lines]")) {
    for (const other of node.dataset.lines.trim().split(/\s+/)) {
      if (nodes.has(other)) paths.add(path(node, nodes.get(other), tree));
    }
  }
  for (const drawing of paths) {
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", drawing);
    svg.append(line);
  }
  svg.setAttribute("width", tree.scrollWidth);
  svg.setAttribute("height", tree.scrollHeight);
  tree.prepend(svg);
}

// From a card, or the bracket of its level when the level is wide, to the card nearer to the root.
function path(node, nearer, tree) {
  const goal = place(nearer, tree);
  const bracket = node.closest(".level.is-wide")?.querySelector(".level__cards");
  const start = place(bracket ?? node, tree);
  if (bracket) start.middle = Math.min(Math.max(goal.middle, start.top), start.bottom);
  const [from, to] = start.left < goal.left ? [start, goal] : [goal, start];
  const half = (to.left - from.right) / 2;
  return `M${from.right} ${from.middle} C${from.right + half} ${from.middle} ${to.left - half} ${to.middle} ${to.left} ${to.middle}`;
}

function place(element, tree) {
  const box = element.getBoundingClientRect();
  const frame = tree.getBoundingClientRect();
  const left = box.left - frame.left - tree.clientLeft + tree.scrollLeft;
  const top = box.top - frame.top - tree.clientTop;
  return { left, right: left + box.width, top, bottom: top + box.height, middle: top + box.height / 2 };
}

function attach() {
  for (const tree of document.querySelectorAll("[data-tree]:not([data-drawn])")) {
    tree.dataset.drawn = "yes";
    // Scroll a wide page of cards to the root.
    const middle = tree.querySelector(".level--self");
    if (sideways.matches) tree.scrollLeft = middle.offsetLeft + middle.offsetWidth / 2 - tree.clientWidth / 2;
    draw(tree);
    for (const level of tree.children) if (level instanceof HTMLElement) resized.observe(level);
  }
}

attach();
document.addEventListener("htmx:load", attach);
