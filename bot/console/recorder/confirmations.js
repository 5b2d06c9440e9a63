/** Which recordings this person has confirmed to know of, for as long as the tab is open. */

const KEPT_AS = "roomreel-confirmed";
const MOST = 50; // the oldest is forgotten

export class Confirmations {
  #known = new Set();

  constructor() {
    try {
      this.#known = new Set(JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "[]"));
    } catch {
      // Nothing kept, or not by us.
    }
  }

  has(id) {
    return this.#known.has(id);
  }

  add(id) {
    this.#known = new Set([...this.#known, id].slice(-MOST));
    try {
      sessionStorage.setItem(KEPT_AS, JSON.stringify([...this.#known]));
    } catch {
      // A browser without storage asks again after a reload.
    }
  }
}
