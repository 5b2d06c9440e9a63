/** A recording while it is made: its picture of right now, the counter, what there is to do. */

import { make } from "../client/build.js";
import { Counter } from "../recorder/counter.js";
import { Controls } from "./controls.js";
import { LivePicture } from "./live_picture.js";
import { recordingAddress } from "./place.js";
import { STATES, isOver, roomTitle, titleOf } from "./words.js";

const BLINK_MS = 250;
const BEHIND_MS = 3_000; // a mix so late is told; less is the ordinary delay

export class LiveView {
  #picture;
  #counter = new Counter();
  #controls;
  #badge = make("span", { class: "badge" });
  #title = make("a", { class: "row-title" });
  #facts = make("p", { class: "live-facts" });
  #trouble = make("p", { class: "trouble", role: "status" });
  #empty = make("p", { class: "live-empty" });
  #timer;

  /** `large`: a page of its own, which already says the title. */
  constructor(console, { large = false } = {}) {
    const image = make("img", { class: "live-picture", alt: "", hidden: true });
    const frame = make("div", { class: "live-frame" }, this.#empty, image);
    this.#controls = new Controls(console);
    this.#picture = console.may.see_picture ? new LivePicture(console.service, image, large ? 1280 : 640) : null;
    const head = make("div", { class: "live-head" }, this.#badge, this.#counter.element);
    const heading = large ? null : make("h3", {}, this.#title);
    this.element = make(large ? "div" : "li", { class: large ? "live large" : "live card" }, frame,
      make("div", { class: "live-texts" }, heading, head, this.#facts, this.#trouble, this.#controls.element));
    this.#timer = setInterval(() => this.#counter.show(performance.now()), BLINK_MS);
  }

  update(recording) {
    const { state, live } = recording;
    this.#title.textContent = titleOf(recording);
    this.#title.href = recordingAddress(recording.id);
    this.#badge.textContent = STATES[state];
    this.#badge.className = `badge ${state}`;
    this.#counter.element.hidden = !live;
    if (live) {
      this.#counter.tell(live.time_s, state === "recording", performance.now());
    }
    this.#facts.textContent = facts(recording);
    this.#trouble.textContent = recording.problem || cautions(live);
    this.#trouble.className = recording.problem ? "trouble" : "caution";
    const running = ["recording", "paused"].includes(state);
    this.#empty.textContent = running ? "" : STATES[state];
    this.#picture?.follow(running ? recording.id : null);
    this.#controls.update(recording);
    if (isOver(recording)) {
      this.stop();
    }
  }

  stop() {
    clearInterval(this.#timer);
    this.#picture?.stop();
  }
}

function facts(recording) {
  const { room, live, started_by: by } = recording;
  const place = roomTitle(room) === titleOf(recording) ? null : roomTitle(room);
  const people = live ? `${live.participants} participant${live.participants === 1 ? "" : "s"}` : null;
  return [place, people, by ? `started by ${by}` : null].filter(Boolean).join(" · ");
}

function cautions(live) {
  const known = [
    live?.gives_way ? `Busy machine: ${live.gives_way}` : null,
    live?.lag_ms > BEHIND_MS ? `The mix is ${Math.round(live.lag_ms / 1000)} s late` : null,
  ].filter(Boolean);
  return known.length ? `${known.join(". ")}. Sound and time are kept.` : "";
}
