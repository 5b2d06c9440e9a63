/** A recording of a room that the service has not been told of: by its address. */

import { button, make } from "../client/build.js";
import { freshKey } from "../client/service.js";
import { recordingAddress } from "./place.js";
import { KINDS } from "./words.js";

const PLAIN = { autocomplete: "off", spellcheck: "false" };
const KINDS_TO_START = Object.entries(KINDS).filter(([kind]) => kind !== "breakout"); // those belong to a room

export class StartForm {
  #console;
  #key = "";
  #fields = {
    url: make("input", {
      ...PLAIN, id: "start-url", required: true, placeholder: "janus+wss://sfu.example/1234",
      oninput: () => this.#suggest(),
    }),
    title: make("input", { ...PLAIN, id: "start-title", maxlength: "200" }),
    id: make("input", {
      ...PLAIN, id: "start-id", required: true, maxlength: "120", oninput: () => { this.#own = true; },
    }),
    kind: make("select", { id: "start-kind" }, ...KINDS_TO_START.map(([value, text]) => new Option(text, value))),
    token: make("input", { ...PLAIN, id: "start-token", type: "password" }),
  };
  #own = false; // the id was typed, and follows the address no more
  #problem = make("p", { class: "problem", role: "alert" });
  #submit = make("button", { type: "submit", class: "button primary" }, "Start recording");

  constructor(console) {
    this.#console = console;
    const cancel = button("button quiet", () => this.element.close(), "Cancel");
    const form = make("form", { method: "dialog", onsubmit: (event) => this.#send(event) },
      make("h2", { id: "start-heading" }, "Start a recording"),
      field("Address of the room", this.#fields.url),
      field("Room id", this.#fields.id, "Recordings with the same room id are shown together."),
      field("Title", this.#fields.title, "By default the room’s own."),
      field("Kind of room", this.#fields.kind),
      field("Token for the room, if it needs one", this.#fields.token),
      this.#problem, make("div", { class: "answers" }, cancel, this.#submit));
    this.element = make("dialog", { class: "form", "aria-labelledby": "start-heading" }, form);
  }

  open() {
    this.#problem.textContent = "";
    this.#key = freshKey();
    this.element.showModal();
    this.#fields.url.focus();
  }

  #suggest() {
    if (!this.#own) {
      this.#fields.id.value = idOf(this.#fields.url.value);
    }
  }

  async #send(event) {
    event.preventDefault();
    this.#problem.textContent = "";
    this.#submit.disabled = true;
    try {
      const given = Object.entries(this.#fields).map(([name, input]) => [name, input.value.trim()]);
      const room = Object.fromEntries(given.filter(([, value]) => value));
      const title = room.title ? { title: room.title } : {};
      const key = { "Idempotency-Key": this.#key };
      const recording = await this.#console.service.post("/v1/recordings", { room, ...title }, key);
      this.element.close();
      this.#console.tell(recording);
      location.hash = recordingAddress(recording.id);
    } catch (failure) {
      this.#key = freshKey();
      this.#problem.textContent = failure.message;
    } finally {
      this.#submit.disabled = false;
    }
  }
}

function field(label, input, hint = null) {
  const note = hint && make("span", { class: "hint", id: `${input.id}-hint` }, hint);
  if (note) {
    input.setAttribute("aria-describedby", note.id);
  }
  return make("p", { class: "field" }, make("label", { for: input.id }, label), input, note);
}

/** The last word of the address, in letters that ids have. */
function idOf(address) {
  const words = address.split(/[?#]/)[0].split("/").filter(Boolean);
  return words.length > 1 ? words.at(-1).replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 120) : "";
}
