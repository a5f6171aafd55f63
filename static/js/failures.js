// Shows a toast when an htmx request fails, since htmx swaps nothing into the page then.

const MESSAGES = {
  403: "This page has expired. Reload and try again.",
  404: "Not found. Reload the page.",
  429: "Too many attempts. Wait a moment and try again.",
};

function showError(message) {
  const toasts = document.getElementById("toasts");
  // Polling requests fail repeatedly; one toast is enough.
  if (toasts.lastElementChild?.textContent.trim() === message) return;
  const toast = document.createElement("div");
  toast.className = "toast-note is-error";
  const text = document.createElement("p");
  text.textContent = message;
  toast.append(text);
  toasts.append(toast);
}

// The sentence of a server that is busy now; other errors are pages.
function sentence(xhr) {
  return xhr.getResponseHeader("Content-Type")?.startsWith("text/plain") ? xhr.responseText : undefined;
}

// A part that loads by itself has no button to try again.
function loadLater(part, path, seconds) {
  setTimeout(() => {
    if (part.isConnected) window.htmx.ajax("GET", path, { source: part });
  }, seconds * 1000);
}

document.body.addEventListener("htmx:responseError", (event) => {
  const { elt, xhr, pathInfo, requestConfig } = event.detail;
  showError(MESSAGES[xhr.status] ?? sentence(xhr) ?? "Something went wrong. Reload the page and try again.");
  const seconds = Number(xhr.getResponseHeader("Retry-After"));
  if (xhr.status === 503 && seconds && requestConfig.verb === "get" && elt.matches("[hx-trigger~='load'], [hx-trigger^='load,']")) {
    loadLater(elt, pathInfo.finalRequestPath, seconds);
  }
});

document.body.addEventListener("htmx:sendError", () => {
  showError("Stemma cannot be reached. Check your connection and try again.");
});

// After the session has expired, the response is the sign-in page: reload to show it whole, not inside a part.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const url = event.detail.xhr.responseURL;
  if (url && new URL(url).pathname === document.body.dataset.signIn) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});
