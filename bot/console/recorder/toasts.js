/** Sentences that come and go. Read out politely; failures at once. */

import { button, icon, make } from "../client/build.js";
import { WORDING } from "./wording.js";

const SHOWN_MS = 12_000;
const MOST = 4; // the oldest goes

export class Toasts {
  #polite = make("div", { class: "toasts", role: "status", "aria-live": "polite", "aria-relevant": "additions" });
  #urgent = make("div", { class: "toasts", role: "alert" });
  #shown = new Map();

  constructor() {
    this.element = make("div", { class: "toast-places", part: "notices" }, this.#urgent, this.#polite);
  }

  /** `key`: the same one is shown once. `kind`: "notice", "failure" or "wait" (which stays until it is taken away). */
  show(key, text, kind = "notice") {
    this.hide(key);
    if (this.#shown.size >= MOST) {
      this.hide(this.#shown.keys().next().value);
    }
    const toast = make("div", { class: `toast ${kind}`, part: `notice ${kind}` }, mark(kind), make("p", {}, text));
    const entry = { toast, timer: null };
    if (kind !== "wait") {
      const dismiss = button("dismiss", () => this.hide(key), icon("close"));
      dismiss.setAttribute("aria-label", WORDING.dismiss);
      toast.append(dismiss);
      const begin = () => { clearTimeout(entry.timer); entry.timer = setTimeout(() => this.hide(key), SHOWN_MS); };
      for (const name of ["pointerenter", "focusin"]) {
        toast.addEventListener(name, () => clearTimeout(entry.timer));
      }
      for (const name of ["pointerleave", "focusout"]) {
        toast.addEventListener(name, begin);
      }
      begin();
    }
    this.#shown.set(key, entry);
    (kind === "failure" ? this.#urgent : this.#polite).append(toast);
  }

  hide(key) {
    const entry = this.#shown.get(key);
    if (entry) {
      clearTimeout(entry.timer);
      entry.toast.remove();
      this.#shown.delete(key);
    }
  }
}

function mark(kind) {
  return make("span", { class: "mark", "aria-hidden": "true" }, kind === "failure" ? "!" : "");
}
