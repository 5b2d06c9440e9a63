/** Pause, resume, stop and layout of one running recording. Who may is the service's answer. */

import { icon, make } from "../client/build.js";
import { recordingPath } from "../client/service.js";
import { LAYOUTS, WORDING } from "../recorder/wording.js";

const BUTTONS = [
  { name: "pause", right: "pause", shape: "pause", text: "Pause", states: ["recording"] },
  { name: "resume", right: "resume", shape: "resume", text: "Resume", states: ["paused"] },
  { name: "stop", right: "stop", shape: "stop", text: "Stop", states: ["starting", "recording", "paused"] },
];

export class Controls {
  #console;
  #recording = null;
  #buttons;
  #layout;

  /** `console`: {service, may, dialogs, tell(recording), attempt(deed)}. */
  constructor(console) {
    this.#console = console;
    this.#buttons = BUTTONS.map((button) => this.#button(button));
    this.#layout = make("select", { "aria-label": WORDING.layout, onchange: () => this.#arrange() },
      ...Object.entries(LAYOUTS).map(([value, text]) => make("option", { value }, text)));
    this.element = make("div", { class: "controls" }, ...this.#buttons.map(({ element }) => element), this.#layout);
  }

  update(recording) {
    this.#recording = recording;
    const held = this.#buttons.find(({ element }) => element === document.activeElement)?.element;
    for (const { right, states, element } of this.#buttons) {
      element.hidden = !this.#console.may[right] || !states.includes(recording.state);
    }
    this.#layout.hidden = !this.#console.may.layout || !["recording", "paused"].includes(recording.state);
    if (document.activeElement !== this.#layout) {
      this.#layout.value = recording.layout || "auto";
    }
    if (held?.hidden) {
      this.#buttons.find(({ element }) => !element.hidden)?.element.focus();
    }
  }

  #button({ name, right, shape, text, states }) {
    const element = make("button", {
      type: "button", class: `button ${name === "stop" ? "stop" : "quiet"}`,
      onclick: () => (name === "stop" ? this.#askStop(element) : this.#act(name)),
    }, icon(shape), text);
    return { right, states, element };
  }

  #askStop(back) {
    this.#console.dialogs.ask({
      name: "stop", text: WORDING.askStop, dismissed: false, back,
      answers: [
        { label: WORDING.cancel, value: false, kind: "plain" },
        { label: WORDING.stop, value: true, kind: "danger" },
      ],
      then: (yes) => yes && this.#act("stop"),
    });
  }

  #act(name) {
    const path = recordingPath(this.#recording.id, name);
    this.#console.attempt(async () => this.#console.tell(await this.#console.service.post(path)));
  }

  #arrange() {
    const path = recordingPath(this.#recording.id, "layout");
    const layout = this.#layout.value;
    this.#console.attempt(async () => this.#console.tell(await this.#console.service.put(path, { layout })));
  }
}
