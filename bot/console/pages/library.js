/** The recordings that the console knows of: loaded page by page, kept up to date by events. */

import { recordingPath } from "../client/service.js";
import { isStale } from "../client/progress.js";
import { isOver } from "./words.js";

const PAGE = 30;
const MOST = 1_000; // beyond it the oldest finished ones are let go

export class Library {
  #service;
  #known = new Map();
  #cursor = null;
  #changed;

  /** `changed(recording)` after every change of one. */
  constructor(service, changed) {
    [this.#service, this.#changed] = [service, changed];
  }

  get hasMore() {
    return this.#cursor !== null;
  }

  get(id) {
    return this.#known.get(id) ?? null;
  }

  /** The newest first. */
  all() {
    return [...this.#known.values()].sort((one, other) => (one.asked_at < other.asked_at ? 1 : -1));
  }

  running() {
    return this.all().filter((recording) => !isOver(recording));
  }

  finished() {
    return this.all().filter(isOver);
  }

  /** From the beginning: after a connection, because nobody knows what was missed. */
  async load() {
    this.#known.clear();
    this.#cursor = null;
    await this.#page("");
  }

  async more() {
    await this.#page(`&cursor=${encodeURIComponent(this.#cursor)}`);
  }

  async fetch(id) {
    const recording = await this.#service.get(recordingPath(id));
    this.#keep(recording);
    return recording;
  }

  take(recording) {
    if (recording.asked_at !== undefined && !isStale(this.get(recording.id), recording)) {
      this.#keep(recording);
      this.#changed(recording);
    }
  }

  async #page(more) {
    const { recordings, next = null } = await this.#service.get(`/v1/recordings?limit=${PAGE}${more}`);
    recordings.filter((recording) => recording.asked_at !== undefined).forEach((recording) => this.#keep(recording));
    this.#cursor = next;
  }

  #keep(recording) {
    this.#known.set(recording.id, recording);
    if (this.#known.size > MOST) {
      this.#known.delete(this.finished().at(-1)?.id);
    }
  }
}
