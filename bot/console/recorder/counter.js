/** The time in the file, going on between what the service tells. */

import { clock, spokenDuration } from "../client/format.js";
import { make } from "../client/build.js";
import { WORDING } from "./wording.js";

const LONGEST_GUESS_MS = 5_000; // the service tells each second; without news the counter does not run on

export class Counter {
  #toldS = 0;
  #toldAtMs = 0;
  #goesOn = false;

  constructor() {
    this.element = make("span", { class: "counter", role: "timer", "aria-label": WORDING.elapsed, part: "counter" });
  }

  /** `goesOn`: recording, and not paused. */
  tell(seconds, goesOn, nowMs) {
    [this.#toldS, this.#toldAtMs, this.#goesOn] = [seconds, nowMs, goesOn];
    this.show(nowMs);
  }

  show(nowMs) {
    const guessMs = this.#goesOn ? Math.min(LONGEST_GUESS_MS, nowMs - this.#toldAtMs) : 0;
    const seconds = this.#toldS + guessMs / 1000;
    const text = clock(seconds, { full: true });
    if (this.element.textContent !== text) {
      this.element.textContent = text;
      this.element.setAttribute("aria-label", `${WORDING.elapsed}: ${spokenDuration(seconds)}`);
    }
  }
}
