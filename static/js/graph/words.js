// What the graph says in words: that it is busy, that there is more, and what went wrong with what to do.

export function sayBusy(view, words) {
  const line = view.part("busy");
  line.textContent = words;
  line.hidden = !words;
}

export function say(view, words) {
  view.part("said").textContent = words;
}

function tell(view, words, act) {
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

// Empty and cut-off pictures say so; others need no words.
export function sayNotice(view) {
  const { whole, family, address, drawing } = view;
  const shown = family.nodes.size;
  const root = whole.nodes.get(whole.root);
  if (address.isFocused && shown < whole.nodes.size) {
    const words = `Only what leads to the picked asset is shown, ${count(shown)} of ${count(whole.nodes.size)}.`;
    tell(view, words, { words: "Show all", run: () => view.toggleFocus() });
  } else if (whole.picture.truncated) {
    const most = Math.min(address.number("max_nodes") * 10, drawing.most.nodes);
    const more = () => view.change((next) => next.set("max_nodes", most).set("fan_out", Math.min(next.number("fan_out") * 10, drawing.most.nodes)));
    const canGrow = address.number("max_nodes") < drawing.most.nodes;
    tell(
      view,
      `These are the ${count(shown)} nearest assets; there is more. Open a group or a +, or make another asset the subject, to go on from there.`,
      canGrow ? { words: `Show up to ${count(most)}`, run: more } : null,
    );
  } else if (shown === 1 && root.parent_count + root.child_count === 0) {
    tell(view, "It has no relatives: nothing says that it was made from something here, or something from it.");
  } else if (shown === 1) {
    tell(view, "None of its relatives is among what is shown. Take more steps, open a +, or clear the filters.");
  } else tell(view, "");
}

// The picture for an address, or null after having said why there is none.
export async function ask(view, address) {
  view.asking.abort();
  view.asking = new AbortController();
  const { signal } = view.asking;
  const slow = setTimeout(() => sayBusy(view, "Fetching…"), 300);
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
  if (status === 401 || status === 403) tell(view, "Your session has ended.", reload("Sign in again"));
  else if (status === 404) tell(view, "This asset is not here any more.", reload("Reload"));
  else if (status === 422) tell(view, "This cannot be shown: the address asks for something there is not.", reload("Reload"));
  else if (status === 429) tell(view, "Too many requests. Wait a little.", again);
  else if (status) tell(view, "Stemma could not answer.", again);
  else tell(view, "Stemma cannot be reached. Check the connection.", again);
}
