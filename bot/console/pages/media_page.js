/** Media and Files of a room: its folders, as far as they are for this person. */

import { button, icon, make } from "../client/build.js";
import { Lists } from "./lists.js";
import { roomAddress } from "./place.js";
import { isOver, roomTitle } from "./words.js";

const PAGE = 30;
const SETTLE_MS = 300;

export class MediaPage {
  title = "Media and Files";
  #console;
  #id;
  #head = make("div", { class: "page-head" });
  #folders = new Map(); // by name: {element, lists, more, recordings, next}
  #place = make("div", { class: "folders" });
  #timer = null;

  constructor(console, id) {
    this.#console = console;
    this.#id = id;
    this.element = make("div", { class: "page" }, this.#head, this.#place);
  }

  async load() {
    const { room, folders } = await this.#ask("");
    this.title = `Media and Files of ${roomTitle(room)}`;
    const back = make("a", { href: roomAddress(room.id), class: "back" }, icon("back"), roomTitle(room));
    this.#head.replaceChildren(back, make("h1", {}, "Media and Files"));
    const none = make("p", { class: "empty" }, "There is no folder here that you may see.");
    for (const folder of folders) {
      this.#show(folder, await this.#asFarAsShown(folder));
    }
    const elements = folders.map(({ name }) => this.#folders.get(name).element);
    this.#place.replaceChildren(...(elements.length > 0 ? elements : [none]));
  }

  /** Anything that changed in this room is asked for again: what is shown where is the service's answer. One that is
   * being made is in no folder, and has news each second. */
  update(recording) {
    const isHere = [recording.room.id, recording.room.parent].includes(this.#id);
    if (isHere && (isOver(recording) || this.#isListed(recording))) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#console.attempt(() => this.load()), SETTLE_MS);
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#folders.forEach(({ lists }) => lists.stop());
  }

  #ask(more) {
    return this.#console.service.get(`/v1/rooms/${encodeURIComponent(this.#id)}/media?limit=${PAGE}${more}`);
  }

  #isListed({ id }) {
    return [...this.#folders.values()].some(({ recordings }) => recordings.some((one) => one.id === id));
  }

  /** The folder's newest, and as many older ones as were shown before; `folder` then says what comes next. */
  async #asFarAsShown(folder) {
    const shown = this.#folders.get(folder.name)?.recordings.length ?? 0;
    const recordings = [...folder.recordings];
    while (folder.next !== null && recordings.length < shown) {
      const older = await this.#askOlder(folder);
      recordings.push(...older.recordings);
      folder.next = older.next;
    }
    return recordings;
  }

  async #askOlder({ name, next }) {
    const { folders: [folder] } = await this.#ask(
      `&folder=${encodeURIComponent(name)}&cursor=${encodeURIComponent(next)}`);
    return folder;
  }

  #show({ name, next }, recordings) {
    const folder = this.#folders.get(name) ?? this.#add(name);
    Object.assign(folder, { recordings, next });
    folder.lists.update([], recordings);
    folder.more.hidden = next === null;
  }

  #add(name) {
    const lists = new Lists(this.#console, { empty: "Nothing is in this folder yet.", finished: name });
    const more = button("button quiet more", () => this.#loadMore(name), "Show older recordings");
    const folder = { element: make("div", { class: "folder" }, lists.element, more), lists, more };
    this.#folders.set(name, folder);
    return folder;
  }

  #loadMore(name) {
    return this.#console.attempt(async () => {
      const known = this.#folders.get(name);
      const folder = await this.#askOlder({ name, next: known.next });
      this.#show(folder, [...known.recordings, ...folder.recordings]);
    });
  }
}
