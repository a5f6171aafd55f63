// Plays two clips in sync with one button and one clock, each from its own start. Without it each has its own controls.

const DRIFT_SECONDS = 0.12;

class Players {
  constructor(root) {
    this.root = root;
    this.clock = root.querySelector("[data-clock]");
    this.seek = root.querySelector("[data-seek]");
    this.time = root.querySelector("[data-time]");
    this.word = root.querySelector("[data-play-word]");
    this.playing = false;
    this.tracks = [...root.querySelectorAll("[data-player]")].flatMap((figure) => {
      const media = figure.querySelector("[data-media]");
      return media ? [{ media, start: Number(figure.dataset.start) }] : [];
    });
    for (const track of this.tracks) {
      if (track.media.readyState > 0) this.#ready();
      track.media.addEventListener("loadedmetadata", () => this.#join(track));
      track.media.addEventListener("error", () => this.#drop(track.media));
    }
    root.querySelector("[data-play]").addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.seek.addEventListener("input", () => this.go(Number(this.seek.value)));
  }

  get length() {
    return Math.max(...this.tracks.map((track) => lengthOf(track)), 0);
  }

  // A clip that loads late joins at the current time.
  #join(track) {
    this.#ready();
    const at = Number(this.seek.value);
    track.media.currentTime = track.start + Math.min(at, lengthOf(track));
    if (this.playing && at < lengthOf(track)) track.media.play().catch(() => this.pause());
  }

  // A clip that cannot be loaded does not block the other one.
  #drop(media) {
    this.tracks = this.tracks.filter((track) => track.media !== media);
    if (this.tracks.length === 0) this.clock.hidden = true;
    else this.#ready();
  }

  #ready() {
    if (!(this.length > 0)) return;
    this.clock.hidden = false;
    this.seek.max = this.length.toFixed(2);
    // Only the last clip, the child, plays sound.
    this.tracks.forEach(({ media }, place) => {
      media.controls = false;
      media.muted = place < this.tracks.length - 1;
    });
    this.#show(Number(this.seek.value));
    this.#name();
  }

  play() {
    const at = Number(this.seek.value);
    this.playing = true;
    this.go(at >= this.length - 0.05 ? 0 : at);
    for (const track of this.tracks) {
      if (Number(this.seek.value) < lengthOf(track)) track.media.play().catch(() => this.pause());
    }
    this.#name();
    requestAnimationFrame(() => this.#follow());
  }

  pause() {
    this.playing = false;
    for (const { media } of this.tracks) media.pause();
    this.#name();
  }

  go(at) {
    for (const track of this.tracks) track.media.currentTime = track.start + Math.min(at, lengthOf(track));
    this.#show(at);
  }

  // The longest clip is the clock; the others are corrected when they drift.
  #follow() {
    if (!this.playing) return;
    if (!this.root.isConnected) return this.pause();
    const leader = this.tracks.reduce((one, other) => (lengthOf(other) > lengthOf(one) ? other : one));
    const at = leader.media.currentTime - leader.start;
    for (const track of this.tracks) {
      const wanted = track.start + Math.min(at, lengthOf(track));
      if (track !== leader && Math.abs(track.media.currentTime - wanted) > DRIFT_SECONDS) track.media.currentTime = wanted;
      if (at >= lengthOf(track) - 0.02) track.media.pause();
    }
    this.#show(at);
    if (leader.media.ended || at >= this.length - 0.02) return this.pause();
    requestAnimationFrame(() => this.#follow());
  }

  #show(at) {
    this.seek.value = at.toFixed(2);
    this.seek.setAttribute("aria-valuetext", `${at.toFixed(1)} of ${this.length.toFixed(1)} seconds`);
    this.time.textContent = `${at.toFixed(1)} / ${this.length.toFixed(1)} s`;
  }

  #name() {
    this.word.textContent = `${this.playing ? "Pause" : "Play"}${this.tracks.length > 1 ? " both" : ""}`;
  }
}

function lengthOf({ media, start }) {
  return Number.isFinite(media.duration) ? Math.max(media.duration - start, 0) : 0;
}

function attach() {
  for (const root of document.querySelectorAll("[data-players]:not([data-attached])")) {
    root.dataset.attached = "yes";
    new Players(root);
  }
}

attach();
document.addEventListener("htmx:load", attach);
