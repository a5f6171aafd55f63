// The visible part of the graph: kept for a reload, anchored while the graph changes, without motion if requested.

import { CAPTION, CARD, FAR } from "./drawing/sizes.js";

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const PADDING = 30;
// For handles and outlines.
const MARGIN = 16;
// A graph that would be shown smaller than this begins at its root instead.
const READABLE = 0.48;
const BEGIN = 0.8;
const CLOSEST = 1.1;
const STEP_MS = 220;

export class Viewport {
  constructor(view) {
    this.view = view;
    this.cy = view.cy;
    this.saving = 0;
    this.cy.on("viewport", () => {
      this.hideSmallText();
      this.#say();
      clearTimeout(this.saving);
      this.saving = setTimeout(() => this.#save(), 250);
    });
    const measure = () => this.cy.destroyed() || this.cy.resize();
    new ResizeObserver(measure).observe(view.canvas);
    // Content added above the canvas moves it, which Cytoscape does not notice: clicks would miss.
    for (const kind of ["pointerenter", "pointerdown"]) view.canvas.addEventListener(kind, measure, { capture: true });
  }

  get #key() {
    return `graph ${this.view.path}?${this.view.address.query()}`;
  }

  #save() {
    if (this.cy.destroyed()) return;
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ zoom: this.cy.zoom(), pan: this.cy.pan() }));
    } catch {
      // When the storage is full, a reload starts from the default position.
    }
  }

  begin() {
    const kept = JSON.parse(sessionStorage.getItem(this.#key) ?? "null");
    if (kept) {
      this.cy.viewport(kept);
      this.#uncut(this.#subject());
    } else {
      this.cy.viewport(this.#whole());
      if (this.cy.zoom() < READABLE) this.#beginAtSubject();
    }
    this.hideSmallText();
    this.#say();
  }

  // All cards with their captions. Asking Cytoscape takes a second for a large family.
  box() {
    const places = this.cy.nodes(".asset, .more").map((node) => node.position());
    const [x, y] = [places.map((place) => place.x), places.map((place) => place.y)];
    const box = {
      x1: Math.min(...x) - CARD.width / 2 - MARGIN,
      x2: Math.max(...x) + CARD.width / 2 + MARGIN,
      y1: Math.min(...y) - CARD.height / 2 - MARGIN,
      y2: Math.max(...y) + CARD.height / 2 + CAPTION,
    };
    return { ...box, w: box.x2 - box.x1, h: box.y2 - box.y1 };
  }

  // The position that shows the whole graph, below the bar over the canvas.
  #whole() {
    const box = this.box();
    const top = this.#top();
    const [width, height] = [this.cy.width() - 2 * PADDING, this.cy.height() - top - 2 * PADDING];
    const zoom = Math.max(Math.min(width / box.w, height / box.h, CLOSEST), this.cy.minZoom());
    const middle = { x: this.cy.width() / 2, y: top + PADDING + height / 2 };
    return { zoom, pan: { x: middle.x - ((box.x1 + box.x2) / 2) * zoom, y: middle.y - ((box.y1 + box.y2) / 2) * zoom } };
  }

  // The height of the canvas that the bar covers.
  #top() {
    const bar = this.view.section.querySelector(".graph__bar");
    return getComputedStyle(bar).position === "absolute" ? bar.offsetHeight + PADDING / 2 : 0;
  }

  // Moves a card that is cut off by the canvas or the bar fully into view; a card out of view is left there.
  #uncut(card) {
    const { x, y } = card.renderedPosition();
    const zoom = this.cy.zoom();
    const [half, low] = [(CARD.width / 2 + MARGIN) * zoom, (CARD.height / 2 + MARGIN) * zoom];
    const shift = (from, to, least, most) => {
      if (to <= least || from >= most) return null;
      return from < least ? least - from : Math.min(most - to, 0);
    };
    const across = shift(x - half, x + half, 0, this.cy.width());
    const down = shift(y - low, y + low, this.#top(), this.cy.height());
    if (across !== null && down !== null) this.cy.panBy({ x: across, y: down });
  }

  #subject() {
    const picked = this.cy.getElementById(`a${this.view.pickedAsset}`);
    return picked.nonempty() ? picked : this.cy.getElementById(`a${this.view.family.root}`);
  }

  // The widest part that is legible: all, else the root's nearest relatives, its parents, its children; at its height.
  #beginAtSubject() {
    const subject = this.#subject();
    const { family } = this.view;
    const [parents, children] = [true, false].map((isUp) => family.near(subject.data("asset"), isUp).map((id) => `a${id}`));
    const whole = this.cy.nodes(".asset, .more").map((node) => node.id());
    const spans = [whole, [...parents, ...children], parents, children, []].map((ids) => this.#span([subject.id(), ...ids]));
    const width = this.cy.width() - 2 * PADDING;
    // On a phone, smaller text is accepted to fit the nearest relatives.
    const fits = ({ x1, x2 }, place) => width / (x2 - x1) >= (place ? FAR : READABLE);
    const { x1, x2 } = spans.find(fits) ?? spans.at(-1);
    const zoom = Math.min(width / (x2 - x1), BEGIN);
    const middle = { x: this.cy.width() / 2, y: (this.#top() + this.cy.height()) / 2 };
    this.cy.viewport({ zoom, pan: { x: middle.x - ((x1 + x2) / 2) * zoom, y: middle.y - subject.position("y") * zoom } });
  }

  // From the leftmost edge of these cards to the rightmost.
  #span(ids) {
    const across = ids.map((id) => this.cy.getElementById(id).position("x"));
    return { x1: Math.min(...across) - CARD.width / 2, x2: Math.max(...across) + CARD.width / 2 };
  }

  #center(elements, zoom) {
    this.cy.zoom(zoom);
    this.cy.center(elements);
  }

  // Runs a change of the graph and keeps the anchor at its place on the screen.
  keep(anchor, change) {
    const id = anchor ?? `a${this.view.family.root}`;
    const before = this.cy.getElementById(id);
    const seen = before.nonempty() ? { ...before.renderedPosition() } : null;
    const old = new Map(this.cy.nodes().map((node) => [node.id(), { ...node.position() }]));
    this.cy.batch(change);
    const after = this.cy.getElementById(id);
    if (seen && after.nonempty()) {
      const now = after.renderedPosition();
      this.cy.panBy({ x: seen.x - now.x, y: seen.y - now.y });
    }
    if (old.size && !calm.matches) this.#move(old, after);
  }

  // Cards that existed before move to their new positions; new cards appear at theirs.
  #move(old, anchor) {
    const shift = { x: 0, y: 0 };
    const from = anchor.nonempty() && old.get(anchor.id());
    if (from) Object.assign(shift, { x: anchor.position("x") - from.x, y: anchor.position("y") - from.y });
    const moving = this.cy.nodes().filter((node) => old.has(node.id()));
    if (moving.length > 300) return;
    for (const node of moving) {
      const goal = { ...node.position() };
      const start = old.get(node.id());
      const begin = { x: start.x + shift.x, y: start.y + shift.y };
      if (Math.hypot(goal.x - begin.x, goal.y - begin.y) < 1) continue;
      node.position(begin);
      node.scratch("goal", goal);
      node.animate({ position: goal }, { duration: STEP_MS, easing: "ease-out-cubic", complete: () => node.position(goal) });
    }
    for (const fresh of this.cy.elements().filter((element) => !old.has(element.id()) && element.isNode())) {
      fresh.style("opacity", 0);
      fresh.animate({ style: { opacity: fresh.hasClass("on-the-way") ? 0.5 : 1 } }, { duration: STEP_MS, complete: () => fresh.removeStyle("opacity") });
    }
  }

  // The position of a card at the end of its animation.
  goal(node) {
    return { ...(node.scratch("goal") ?? node.position()) };
  }

  // Hides text at low zoom: it is illegible, and drawing it takes time.
  hideSmallText() {
    const isFar = this.cy.zoom() < FAR;
    const small = this.cy.nodes(".chip, .handle");
    if (small.length && small[0].hasClass("is-far") !== isFar) this.cy.batch(() => small.toggleClass("is-far", isFar));
  }

  #say() {
    this.view.part("percent").textContent = `${Math.round(this.cy.zoom() * 100)} %`;
  }

  #animate(to) {
    if (calm.matches) {
      if (to.center) this.#center(to.center.eles, to.zoom ?? this.cy.zoom());
      else this.cy.viewport({ zoom: to.zoom, pan: to.pan });
    } else {
      this.cy.stop();
      this.cy.animate(to, { duration: STEP_MS, easing: "ease-out-cubic" });
    }
  }

  zoomBy(factor) {
    const level = Math.min(Math.max(this.cy.zoom() * factor, this.cy.minZoom()), this.cy.maxZoom());
    this.cy.zoom({ level, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } });
  }

  fit() {
    this.#animate(this.#whole());
  }

  home() {
    this.#animate({ center: { eles: this.cy.getElementById(`a${this.view.family.root}`) }, zoom: Math.max(this.cy.zoom(), BEGIN) });
  }

  panBy(x, y) {
    this.cy.panBy({ x, y });
  }

  // Moves a card into view, only as far as needed.
  reveal(id) {
    const card = this.cy.getElementById(`a${id}`);
    if (card.empty()) return;
    const zoom = Math.max(this.cy.zoom(), READABLE);
    const { x1, y1, x2, y2 } = this.cy.extent();
    const { x, y } = card.position();
    const isSeen = x - CARD.width / 2 > x1 && x + CARD.width / 2 < x2 && y - CARD.height / 2 > y1 && y + CARD.height / 2 + 40 < y2;
    if (!isSeen || zoom !== this.cy.zoom()) this.#animate({ center: { eles: card }, zoom });
  }
}
