// Says what went wrong when an answer to htmx cannot be shown in its place; otherwise the page would stay silent.

const WORDS = {
  403: "That was refused, perhaps because this page is old. Reload it and try again.",
  404: "That is not here any more. Reload the page.",
  429: "Too many tries. Wait a little and try again.",
};

function say(sentence) {
  const toasts = document.getElementById("toasts");
  // What polls fails again and again; once said is enough.
  if (toasts.lastElementChild?.textContent.trim() === sentence) return;
  const toast = document.createElement("div");
  toast.className = "toast-note is-error";
  const text = document.createElement("p");
  text.textContent = sentence;
  toast.append(text);
  toasts.append(toast);
}

document.body.addEventListener("htmx:responseError", (event) => {
  say(WORDS[event.detail.xhr.status] ?? "Stemma could not answer. Reload the page and try again.");
});

document.body.addEventListener("htmx:sendError", () => {
  say("Stemma cannot be reached. Check the connection and try again.");
});

// A session that has ended sends the sign-in page as the answer: show it whole, never inside a part.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const answered = event.detail.xhr.responseURL;
  if (answered && new URL(answered).pathname === document.body.dataset.signIn) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});
