/** Everything the service records and has recorded. */

import { button, icon, make } from "../client/build.js";
import { Lists } from "./lists.js";
import { StartForm } from "./start_form.js";

export class Overview {
  title = "Recordings";
  #console;
  #lists;
  #more;
  #form;

  constructor(console) {
    this.#console = console;
    this.#lists = new Lists(console, { empty: "Nothing has been recorded yet.", finished: "Finished" });
    this.#more = button("button quiet more", () => this.#loadMore(), "Show older recordings");
    this.#more.hidden = true;
    this.#form = console.may.define_room ? new StartForm(console) : null;
    const begin = this.#form && button("button primary", () => this.#form.open(), icon("record"), "Start a recording");
    const line = make("div", { class: "title-line" }, make("h1", {}, this.title), begin);
    const head = make("div", { class: "page-head" }, line);
    this.element = make("div", { class: "page" }, head, this.#lists.element, this.#more, this.#form?.element ?? null);
  }

  async load() {
    await this.#console.library.load();
    this.update();
  }

  update() {
    const { library } = this.#console;
    this.#lists.update(library.running(), library.finished());
    this.#more.hidden = !library.hasMore;
  }

  stop() {
    this.#lists.stop();
  }

  #loadMore() {
    this.#console.attempt(async () => {
      await this.#console.library.more();
      this.update();
    });
  }
}
