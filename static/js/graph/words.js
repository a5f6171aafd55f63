// Messages of the graph view: progress, truncated graphs, and errors with an action.

export function sayBusy(view, words) {
  const line = view.part("busy");
  line.textContent = words;
  line.hidden = !words;
}

export function say(view, words) {
  view.part("said").textContent = words;
}

function showNotice(view, words, act) {
  const notice = view.part("notice");
  notice.replaceChildren();
  notice.hidden = !words;
  if (!words) return;
  notice.append(words, " ");
  if (!act) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-secondary graph__notice-act";
  button.textContent = act.words;
  button.addEventListener("click", act.run, { once: true });
  notice.append(button);
}

const count = (number) => number.toLocaleString("en");

// Shows a notice for an empty or truncated graph, none for others.
export function sayNotice(view) {
  const { whole, family, address, drawing } = view;
  const shown = family.nodes.size;
  const root = whole.nodes.get(whole.root);
  if (address.isFocused && shown < whole.nodes.size) {
    const words = `Showing the path: ${count(shown)} of ${count(whole.nodes.size)} assets.`;
    showNotice(view, words, { words: "Show all", run: () => view.toggleFocus() });
  } else if (whole.picture.truncated) {
    const most = Math.min(address.number("max_nodes") * 10, drawing.most.nodes);
    const more = () => view.change((next) => next.set("max_nodes", most).set("fan_out", Math.min(next.number("fan_out") * 10, drawing.most.nodes)));
    const canGrow = address.number("max_nodes") < drawing.most.nodes;
    showNotice(
      view,
      `Showing the ${count(shown)} nearest assets.`,
      canGrow ? { words: `Show up to ${count(most)} assets`, run: more } : null,
    );
  } else if (shown === 1 && root.parent_count + root.child_count === 0) {
    showNotice(view, "No parents or children.");
  } else if (shown === 1) {
    showNotice(view, "No parents or children are shown. Add levels, open a +, or clear the filters.");
  } else showNotice(view, "");
}

// Fetches the graph for a URL; null after showing an error.
export async function ask(view, address) {
  view.asking.abort();
  view.asking = new AbortController();
  const { signal } = view.asking;
  const slow = setTimeout(() => sayBusy(view, "Loading…"), 300);
  try {
    const from = view.drawing.addresses.picture.replace("/0/", `/${view.whole.root}/`);
    const answer = await fetch(`${from}?${address.picture()}`, { signal, headers: { Accept: "application/json" } });
    if (answer.ok) return await answer.json();
    refuse(view, answer.status);
  } catch (error) {
    if (error.name !== "AbortError") refuse(view, 0);
  } finally {
    clearTimeout(slow);
    if (!signal.aborted) sayBusy(view, "");
  }
  return null;
}

function refuse(view, status) {
  const again = { words: "Try again", run: () => view.again() };
  const reload = (words) => ({ words, run: () => location.reload() });
  if (status === 401 || status === 403) showNotice(view, "Your session has expired.", reload("Sign in again"));
  else if (status === 404) showNotice(view, "This asset was not found.", reload("Reload"));
  else if (status === 422) showNotice(view, "The address of this page is invalid.", reload("Reload"));
  else if (status === 429) showNotice(view, "Too many requests. Wait a moment and try again.", again);
  else if (status) showNotice(view, "The server could not answer.", again);
  else showNotice(view, "Stemma cannot be reached. Check your connection.", again);
}
