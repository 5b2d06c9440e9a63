/** The three dots: a menu button after the ARIA practices (arrows, Home, End, Escape, Tab leaves). */

import { icon, make } from "../client/build.js";
import { LAYOUTS, WORDING } from "./wording.js";

export class Menu {
  #list = make("div", {
    class: "menu", role: "menu", id: "menu", "aria-label": WORDING.menu, part: "menu", hidden: true,
  });
  #chosen;
  #shape = "";

  /** `chosen(action, value)`: an item was taken. */
  constructor(chosen) {
    this.#chosen = chosen;
    this.button = make("button", {
      type: "button", class: "dots", part: "menu-button", "aria-haspopup": "menu", "aria-expanded": "false",
      "aria-controls": "menu", "aria-label": WORDING.menu, title: WORDING.menu,
      onclick: () => this.#toggle(), onkeydown: (event) => this.#onButton(event),
    }, icon("dots"));
    const onfocusout = (event) => this.#left(event);
    this.element = make("div", { class: "menu-place", onfocusout }, this.button, this.#list);
    this.#list.addEventListener("keydown", (event) => this.#onList(event));
  }

  /** `scene`: what is there to choose. With nothing there is no button either. */
  update({ actions, layout, enabled }) {
    const shape = JSON.stringify([actions.map((action) => action.name), layout, enabled]);
    if (shape === this.#shape) {
      return;
    }
    this.#shape = shape;
    const place = this.#place();
    this.element.hidden = actions.length === 0 && layout === null;
    const items = actions.map((action) => this.#action(action, enabled));
    this.#list.replaceChildren(...items, ...this.#layouts(layout, enabled));
    if (this.element.hidden) {
      this.close();
    } else if (place >= 0) {
      this.#items()[Math.min(place, this.#items().length - 1)]?.focus();
    }
  }

  close({ back = false } = {}) {
    this.#list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back) {
      this.button.focus();
    }
  }

  #action({ name, label, shape }, enabled) {
    const attributes = { role: "menuitem", class: `item ${name}` };
    return this.#item(attributes, enabled, () => this.#chosen(name), icon(shape), label);
  }

  #layouts(current, enabled) {
    if (current === null) {
      return [];
    }
    const items = Object.entries(LAYOUTS).map(([name, label]) =>
      this.#item({ role: "menuitemradio", class: "item", "aria-checked": String(name === current) }, enabled,
        () => this.#chosen("layout", name), icon("check"), label));
    const title = make("div", { class: "menu-title", "aria-hidden": "true" }, WORDING.layout);
    return [make("div", { role: "group", "aria-label": WORDING.layout, class: "menu-group" }, title, ...items)];
  }

  #item(attributes, enabled, take, ...children) {
    const onclick = () => {
      if (enabled) {
        this.close({ back: true });
        take();
      }
    };
    const disabled = enabled ? null : "true";
    const common = { type: "button", tabindex: "-1", "aria-disabled": disabled, onclick };
    return make("button", { ...common, ...attributes }, ...children);
  }

  #items() {
    return [...this.#list.querySelectorAll("button")];
  }

  /** Of the focus among the items; -1 when it is elsewhere. */
  #place() {
    return this.#items().indexOf(this.#list.getRootNode().activeElement);
  }

  #toggle() {
    if (this.#list.hidden) {
      this.#open(0);
    } else {
      this.close({ back: true });
    }
  }

  #open(place) {
    this.#list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#items().at(place)?.focus();
  }

  #onButton(event) {
    const place = { ArrowDown: 0, ArrowUp: -1 }[event.key];
    if (place !== undefined) {
      event.preventDefault();
      this.#open(place);
    }
  }

  #onList(event) {
    const [place, count] = [this.#place(), this.#items().length];
    const places = { ArrowDown: (place + 1) % count, ArrowUp: (place + count - 1) % count, Home: 0, End: count - 1 };
    if (event.key in places) {
      event.preventDefault();
      this.#items()[places[event.key]].focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close({ back: true });
    } else if (event.key === "Tab") {
      this.close({ back: true });
    }
  }

  #left(event) {
    if (!this.#list.hidden && event.relatedTarget !== null && !this.element.contains(event.relatedTarget)) {
      this.close();
    }
  }

  /** A press elsewhere closes it. `path`: of the event. */
  pressed(path) {
    if (!path.includes(this.element)) {
      this.close();
    }
  }
}
