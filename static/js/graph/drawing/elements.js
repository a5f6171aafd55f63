// Builds the elements of a graph: cards, edges, the operation of each child, and handles for hidden relatives.

import { isWalked } from "../family.js";
import { operation, pill, stand } from "./icons.js";
import { isLoaded } from "./pictures.js";
import { CAPTION, CARD, CHIP, HANDLE, MORE } from "./sizes.js";

const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text, font) {
  ruler.font = font;
  return ruler.measureText(text).width;
}

// At most two lines that fit below a card.
function caption(text, font) {
  const lines = [""];
  for (const word of text.split(/\s+/).flatMap((part) => part.match(/.{1,22}/gu) ?? [])) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (widthOf(longer, font) <= CARD.width - 4) lines[lines.length - 1] = longer;
    else if (lines.length === 2) return `${lines[0]}\n${shorten(longer, font)}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

function shorten(line, font) {
  let kept = line;
  while (kept && widthOf(`${kept}…`, font) > CARD.width - 4) kept = kept.slice(0, -1);
  return `${kept.trimEnd()}…`;
}

export function lengthOf(seconds) {
  if (!seconds) return "";
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function titleOf(asset) {
  return asset.description.trim() || `Untitled ${asset.media_type}`;
}

const NO_PREVIEW_REASONS = {
  processing: "Processing",
  failed: "Failed",
  filtered: "Filtered",
  deleted: "Deleted",
};

// The reason why an asset has no preview, "" when it should have one.
export function lack(asset) {
  if (asset.deleted_at) return `Deleted on ${day(asset.deleted_at)}`;
  if (asset.is_stub) return "Not imported";
  if (NO_PREVIEW_REASONS[asset.status]) return NO_PREVIEW_REASONS[asset.status];
  if (asset.media_type === "audio") return "Audio";
  return "";
}

// The date of a moment, in the time zone of all pages.
function day(moment) {
  const { timeZone } = document.body.dataset;
  return new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone });
}

function card(node, family, drawing) {
  const { asset } = node;
  const { theme } = drawing;
  const picture = asset.thumbnail_url || (asset.media_type === "image" ? asset.remote_url : "");
  const states = [
    isLoaded(picture) && "pictured",
    asset.id === family.root && "root",
    asset.is_stub && "stub",
    (asset.deleted_at || asset.status === "deleted") && "tombstone",
    node.is_on_the_way && "on-the-way",
  ];
  return {
    group: "nodes",
    classes: ["asset", ...states.filter(Boolean)].join(" "),
    data: {
      id: `a${asset.id}`,
      asset: asset.id,
      caption: caption(titleOf(asset), `500 13px ${theme.font}`),
      picture,
      images: imagesOf(asset, picture, theme),
    },
  };
}

// The images of a card from bottom to top: the placeholder, the picture once it is loaded, the pill.
export function imagesOf(asset, picture, theme) {
  const isMissing = !picture || isLoaded(picture) === false;
  const quiet = { paper: theme.sunken, ink: theme.inkSoft };
  return [
    stand(asset.media_type, lack(asset) || (isMissing ? "No preview" : ""), quiet, CARD),
    ...(isLoaded(picture) ? [picture] : []),
    pill(asset.media_type, lengthOf(asset.duration_seconds)),
  ];
}

// The operation of a child, drawn once where all its incoming edges meet.
function chip(child, pairs, { words, theme }) {
  const operations = [...new Set(pairs.flatMap((pair) => pair.uses.map((use) => use.operation_type)))];
  const label = operations.map((name) => words.operations[name] ?? name).join(", ");
  const width = Math.min(Math.ceil(widthOf(label, `600 12px ${theme.font}`)) + 36, CHIP.most);
  return {
    group: "nodes",
    classes: `chip${pairs.some((pair) => pair.uses.some((use) => use.evidence === "manual")) ? " manual" : ""}`,
    data: { id: `how${child}`, child, label: label === "Unknown" ? "Unknown operation" : label, width, images: [operation(operations[0], theme.accent)], pick: pairs.length === 1 ? pairs[0].key : "" },
  };
}

function edge(pair, inputCount) {
  const orders = pair.uses.map((use) => use.sequence_order + 1).join(", ");
  return {
    group: "edges",
    classes: pair.uses.every((use) => use.evidence === "manual") ? "pair manual" : "pair",
    data: {
      id: pair.key,
      source: `a${pair.parent}`,
      target: `a${pair.child}`,
      orders: inputCount > 1 ? orders : "",
      edgeIds: pair.uses.map((use) => use.id),
    },
  };
}

const number = new Intl.NumberFormat("en");

// Hidden relatives of one side: a group among the shown ones, or a handle at the card when none is shown yet.
function hidden(node, isUp, address, root) {
  const count = isUp ? node.hidden_parents : node.hidden_children;
  if (!count) return [];
  const id = node.asset.id;
  const side = `${id}${isUp ? "p" : "c"}`;
  if (!isWalked(node, isUp, address, root)) {
    const label = `+${number.format(count)}`;
    return [{
      group: "nodes",
      classes: `handle ${isUp ? "up" : "down"}`,
      data: { id: `open${side}`, side, of: id, isUp, label, width: 22 + label.length * 7.5 },
    }];
  }
  const more = { group: "nodes", classes: "more", data: { id: `more${side}`, side, of: id, isUp, label: `${number.format(count)} more` } };
  const ends = isUp ? [`more${side}`, `a${id}`] : [`a${id}`, `more${side}`];
  return [more, { group: "edges", classes: "to-more", data: { id: `to-more${side}`, source: ends[0], target: ends[1] } }];
}

// Handles that hide a side again; shown while their card is pointed at or selected.
export function hidersOf(node, family, address) {
  const id = node.asset.id;
  return [true, false]
    .filter((isUp) => family.near(id, isUp).length && isWalked(node, isUp, address, family.root))
    .map((isUp) => {
      const side = `${id}${isUp ? "p" : "c"}`;
      return { group: "nodes", classes: "hider", data: { id: `close${side}`, side, of: id, isUp, label: "−", width: HANDLE.height } };
    });
}

export function elementsOf(family, address, drawing) {
  const elements = [];
  const chips = [];
  const small = [];
  for (const node of family.nodes.values()) {
    elements.push(card(node, family, drawing));
    const parents = family.near(node.asset.id, true);
    if (parents.length) chips.push(chip(node.asset.id, parents.map((id) => family.pairs.get(`${id}-${node.asset.id}`)), drawing));
    for (const isUp of [true, false]) small.push(...hidden(node, isUp, address, family.root));
  }
  for (const pair of family.pairs.values()) {
    const inputs = family.near(pair.child, true).flatMap((id) => family.pairs.get(`${id}-${pair.child}`).uses).length;
    elements.push(edge(pair, inputs));
  }
  return [...elements, ...small, ...chips];
}

// The input of the layout: cards with their captions, groups of hidden relatives, and the edges between them.
export function outline(elements) {
  const sizes = { asset: { width: CARD.width, height: CARD.height + CAPTION }, more: { width: CARD.width, height: MORE.height + CAPTION } };
  const nodes = [];
  const edges = [];
  for (const { group, classes, data } of elements) {
    const kind = classes.split(" ")[0];
    if (group === "edges") edges.push({ id: data.id, source: data.source, target: data.target });
    else if (sizes[kind]) nodes.push({ id: data.id, ...sizes[kind] });
  }
  return { nodes, edges };
}

// Positions of operations and handles, once the cards have theirs.
export function attached({ classes, data }, places, family) {
  if (classes.startsWith("chip")) {
    const { x, y } = places.get(`a${data.child}`);
    return { x: x - CARD.width / 2 - CHIP.gap - data.width / 2 - 6, y };
  }
  const { x, y } = places.get(`a${data.of}`);
  const isLineThere = family.near(data.of, data.isUp).length > 0 || classes.startsWith("hider");
  const low = isLineThere && classes.startsWith("handle") ? CARD.height / 2 - HANDLE.height / 2 - 4 : 0;
  return { x: x + ((data.isUp ? -1 : 1) * CARD.width) / 2, y: y + low };
}
