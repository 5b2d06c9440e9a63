/** <roomreel-recorder>: what a person in a room sees of its recording, and does with it. */

import { icon, make } from "../client/build.js";
import { Failure, Service, freshKey } from "../client/service.js";
import { Token } from "../client/token.js";
import { Confirmations } from "./confirmations.js";
import { Connection } from "../client/events.js";
import { Counter } from "./counter.js";
import { Dialogs } from "./dialogs.js";
import { Menu } from "./menu.js";
import { RoomWatch } from "./room_watch.js";
import { isRunning, scene } from "./scene.js";
import { STYLE } from "./style.js";
import { Toasts } from "./toasts.js";
import { WORDING } from "./wording.js";

const BLINK_MS = 250; // how often the counter looks at the clock

// Notices that the element shows in another way than as a toast.
const SHOWN_OTHERWISE = new Set(["recording_starting", "recording_started"]);

/**
 * Attributes: `service` (address; by default where this file came from), `room`, `token`. Property `tokenProvider`:
 * async function that answers a new token. Events: `roomreel-notice` {room, recording, code, audience, text},
 * cancelable (then the page shows it itself), and `roomreel-state` {state, recording, room, me, connection}.
 */
export class Recorder extends HTMLElement {
  static observedAttributes = ["service", "room", "token"];

  #provider = null;
  #service = null;
  #watch = null;
  #busy = null; // the action that is on its way
  #timer = null;
  #confirmations = new Confirmations();
  #toasts = new Toasts();
  #counter = new Counter();
  #menu = new Menu((name, value) => this.#chosen(name, value));
  #dialogs;
  #parts;
  #outside = (event) => this.#menu.pressed(event.composedPath());

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    this.#parts = this.#build();
    root.append(make("slot"), this.#parts.overlay);
    this.#dialogs = new Dialogs(this.#parts.overlay);
    this.#update();
  }

  /** The same connection and token for the page around it, as `get(path)`, `blob(path)`. Null until it is connected. */
  get service() {
    return this.#service;
  }

  get recording() {
    return this.#watch?.recording ?? null;
  }

  get me() {
    return this.#watch?.me ?? null;
  }

  get tokenProvider() {
    return this.#provider;
  }

  set tokenProvider(provider) {
    this.#provider = provider;
    this.#restart();
  }

  connectedCallback() {
    document.addEventListener("pointerdown", this.#outside);
    this.#timer = setInterval(() => this.#counter.show(performance.now()), BLINK_MS);
    this.#restart();
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.#outside);
    clearInterval(this.#timer);
    this.#stop();
  }

  attributeChangedCallback(_name, before, after) {
    if (before !== after) {
      this.#restart();
    }
  }

  #stop() {
    this.#watch?.stop();
    this.#watch = this.#service = null;
  }

  /** Attributes are often set one after another: one connection for all of them. */
  #restart() {
    this.#stop();
    queueMicrotask(() => {
      const [room, token] = [this.getAttribute("room"), this.getAttribute("token")];
      if (this.#watch === null && this.isConnected && room && (token || this.#provider)) {
        this.#service = new Service(this.getAttribute("service") || import.meta.url, new Token(token, this.#provider));
        this.#watch = new RoomWatch(this.#service, room, {
          changed: (before) => this.#changed(before),
          notice: (notice) => this.#noticed(notice),
        });
        this.#watch.start();
      }
    });
  }

  #build() {
    const lamp = make("span", { class: "lamp-text" });
    const said = make("span", { class: "unseen", role: "status" });
    const control = (name, shape, label) => make("button", {
      type: "button", class: `control ${name}`, part: `control ${name}`, "aria-label": label, title: label,
      onclick: (event) => this.#chosen(name, null, event.currentTarget),
    }, icon(shape));
    const controls = {
      pause: control("pause", "pause", WORDING.pause),
      resume: control("resume", "resume", WORDING.resume),
      stop: control("stop", "stop", WORDING.stop),
    };
    const pill = make("div", { class: "pill", part: "lamp" },
      make("span", { class: "dot", "aria-hidden": "true" }), lamp, this.#counter.element, ...Object.values(controls));
    const bar = make("div", { class: "bar" }, pill, said, this.#menu.element);
    return { overlay: make("div", { class: "overlay" }, this.#toasts.element, bar), pill, lamp, said, controls };
  }

  #changed(before) {
    this.#update();
    const { recording, room, me, connection, sentence } = this.#watch;
    if (isRunning(recording) && recording.live) {
      this.#counter.tell(recording.live.time_s, recording.state === "recording", performance.now());
    }
    if (connection === Connection.REFUSED) {
      this.#toasts.show("refused", sentence, "failure");
    } else {
      this.#toasts.hide("refused");
    }
    if (recording?.state === "failed" && before?.id === recording.id && before.state !== "failed") {
      this.#toasts.show("failed", recording.problem || "The recording has failed.", "failure");
    }
    const detail = { state: recording?.state ?? null, recording, room, me, connection };
    this.dispatchEvent(new CustomEvent("roomreel-state", { detail, bubbles: true, composed: true }));
  }

  #update() {
    const { me, recording = null, connection = Connection.CONNECTING } = this.#watch ?? {};
    const now = scene({
      may: me?.may ?? {}, recording, connection, busy: this.#busy,
      confirmed: (id) => this.#confirmations.has(`${me?.identity}/${id}`),
    });
    this.#menu.update(now);
    this.#showLamp(now);
    if (now.waiting) {
      this.#wait();
    } else {
      this.#toasts.hide("wait");
    }
    if (now.askToConfirm) {
      this.#askToConfirm(recording.id);
    } else if (!isRunning(recording)) {
      this.#dialogs.withdraw("recorded");
      this.#dialogs.withdraw("stop");
    }
  }

  #showLamp({ lamp, counter, actions, enabled }) {
    const { pill, said, controls } = this.#parts;
    pill.hidden = lamp === null;
    pill.className = `pill ${lamp?.kind ?? ""}`;
    this.#parts.lamp.textContent = lamp?.text ?? "";
    if (said.textContent !== (lamp?.said ?? "")) {
      said.textContent = lamp?.said ?? "";
    }
    this.#counter.element.hidden = !counter;
    const focused = this.shadowRoot.activeElement;
    for (const [name, button] of Object.entries(controls)) {
      button.hidden = !counter || !actions.some((action) => action.name === name);
      button.setAttribute("aria-disabled", String(!enabled));
    }
    if (focused?.hidden) {
      // Pause gives its place to resume and the other way round; the keyboard stays there.
      (Object.values(controls).find((button) => !button.hidden) ?? this.#menu.button).focus();
    }
  }

  #wait() {
    if (!this.#parts.overlay.querySelector(".toast.wait")) {
      this.#toasts.show("wait", WORDING.wait, "wait");
    }
  }

  #askToConfirm(id) {
    const confirm = () => this.#confirmations.add(`${this.#watch?.me?.identity}/${id}`);
    this.#dialogs.ask({
      name: "recorded",
      text: WORDING.recorded,
      answers: [{ label: WORDING.confirm, value: true, kind: "primary" }],
      dismissed: true,
      then: confirm,
    });
  }

  #chosen(name, value, back = this.#menu.button) {
    if (this.#busy || this.#watch?.connection !== Connection.OPEN) {
      return;
    }
    const question = QUESTIONS[name];
    if (question) {
      this.#dialogs.ask({ ...question, name, back, dismissed: false, then: (yes) => yes && this.#act(name, value) });
    } else {
      this.#act(name, value);
    }
  }

  async #act(name, value) {
    const watch = this.#watch;
    this.#busy = name;
    this.#update();
    try {
      await (name === "layout" ? watch.arrange(value) : watch.act(name, freshKey()));
      this.#toasts.hide("failure");
    } catch (failure) {
      if (!(failure instanceof Failure)) {
        throw failure;
      }
      this.#toasts.show("failure", failure.message, "failure");
    } finally {
      this.#busy = null;
      this.#update();
    }
  }

  #noticed(notice) {
    const reach = { bubbles: true, composed: true, cancelable: true };
    const event = new CustomEvent("roomreel-notice", { detail: notice, ...reach });
    if (this.dispatchEvent(event) && !SHOWN_OTHERWISE.has(notice.code)) {
      this.#toasts.show(`${notice.recording}/${notice.code}`, notice.text);
    }
  }
}

const QUESTIONS = {
  start: {
    text: WORDING.askStart,
    answers: [
      { label: WORDING.cancel, value: false, kind: "plain" },
      { label: WORDING.start, value: true, kind: "primary" },
    ],
  },
  stop: {
    text: WORDING.askStop,
    answers: [
      { label: WORDING.cancel, value: false, kind: "plain" },
      { label: WORDING.stop, value: true, kind: "danger" },
    ],
  },
};
