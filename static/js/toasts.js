// Toasts can be closed; those that report a success leave by themselves once they have been read.

const READING_MS = 9000;

function attach(toast) {
  if (toast.dataset.attached) return;
  toast.dataset.attached = "yes";
  const close = toast.querySelector("[data-toast-close]");
  close.hidden = false;
  close.addEventListener("click", () => toast.remove());
  if (toast.dataset.toast === "success" || toast.dataset.toast === "info") leaveLater(toast);
}

function leaveLater(toast) {
  let timer = setTimeout(() => toast.remove(), READING_MS);
  const stay = () => clearTimeout(timer);
  const resume = () => {
    stay();
    timer = setTimeout(() => toast.remove(), READING_MS);
  };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("focusin", stay);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusout", resume);
}

const toasts = document.getElementById("toasts");
const attachAll = () => toasts.querySelectorAll("[data-toast]").forEach(attach);

attachAll();
new MutationObserver(attachAll).observe(toasts, { childList: true });
