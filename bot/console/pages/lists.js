/** Recordings under headings: live cards of those that run, rows of the others. Only what changed is redrawn. */

import { make } from "../client/build.js";
import { LiveView } from "./live_view.js";
import { row } from "./row.js";

export class Lists {
  #console;
  #cards = new Map(); // by recording: LiveView
  #rows = new Map(); // by recording: {shape, element}
  #running = make("ul", { class: "cards" });
  #finished = make("ul", { class: "rows" });
  #empty;
  #runningPart;

  /** `empty`: what is said when there is nothing at all. `level`: of its headings. */
  constructor(console, { empty, running = "Recording now", finished = "Recordings", level = "h2" }) {
    this.#console = console;
    this.#empty = make("p", { class: "empty" }, empty);
    this.#runningPart = make("section", {}, make(level, {}, running), this.#running);
    this.element = make("div", { class: "lists" }, this.#runningPart,
      make("section", {}, make(level, {}, finished), this.#finished, this.#empty));
  }

  update(running, finished) {
    this.#runningPart.hidden = running.length === 0;
    this.#empty.hidden = finished.length > 0;
    arrange(this.#running, running.map((recording) => this.#card(recording)));
    arrange(this.#finished, finished.map((recording) => this.#row(recording)));
    this.#forget(new Set(running.map(({ id }) => id)), new Set(finished.map(({ id }) => id)));
  }

  stop() {
    this.#forget(new Set(), new Set());
  }

  #card(recording) {
    if (!this.#cards.has(recording.id)) {
      this.#cards.set(recording.id, new LiveView(this.#console));
    }
    const card = this.#cards.get(recording.id);
    card.update(recording);
    return card.element;
  }

  #row(recording) {
    const shape = JSON.stringify(recording);
    const known = this.#rows.get(recording.id);
    if (known?.shape === shape) {
      return known.element;
    }
    const element = row(recording, this.#console);
    this.#rows.set(recording.id, { shape, element });
    return element;
  }

  #forget(running, finished) {
    for (const [id, card] of this.#cards) {
      if (!running.has(id)) {
        card.stop();
        this.#cards.delete(id);
      }
    }
    for (const id of this.#rows.keys()) {
      if (!finished.has(id)) {
        this.#rows.delete(id);
      }
    }
  }
}

/** Makes `elements` the children of `list`, moving only those that are not in their place: the focus stays. */
function arrange(list, elements) {
  const wanted = new Set(elements);
  [...list.children].forEach((child) => wanted.has(child) || child.remove());
  elements.forEach((element, index) => {
    if (list.children[index] !== element) {
      list.insertBefore(element, list.children[index] ?? null);
    }
  });
}
