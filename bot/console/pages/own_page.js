/** My Media: what is this person's own, from whatever room. */

import { button, make } from "../client/build.js";
import { Lists } from "./lists.js";

const PAGE = 30;

export class OwnPage {
  title = "My Media";
  #console;
  #lists;
  #more;
  #recordings = [];
  #next = null;

  constructor(console) {
    this.#console = console;
    this.#lists = new Lists(console, { empty: "No recording is yours yet.", finished: "Recordings" });
    this.#more = button("button quiet more", () => this.#console.attempt(() => this.#page(this.#next)),
      "Show older recordings");
    this.#more.hidden = true;
    const head = make("div", { class: "page-head" }, make("h1", {}, this.title));
    this.element = make("div", { class: "page" }, head, this.#lists.element, this.#more);
  }

  async load() {
    this.#recordings = [];
    await this.#page(null);
  }

  update(recording) {
    const at = this.#recordings.findIndex(({ id }) => id === recording.id);
    if (at >= 0) {
      this.#recordings[at] = recording;
      this.#show();
    }
  }

  stop() {
    this.#lists.stop();
  }

  async #page(cursor) {
    const more = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/v1/identities/${encodeURIComponent(this.#console.me.identity)}/media`;
    const { recordings, next } = await this.#console.service.get(`${path}?limit=${PAGE}${more}`);
    this.#recordings.push(...recordings);
    this.#next = next;
    this.#show();
  }

  #show() {
    this.#lists.update([], this.#recordings);
    this.#more.hidden = this.#next === null;
  }
}
