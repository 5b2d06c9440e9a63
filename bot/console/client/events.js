/** What the service tells, for as long as somebody listens: connects again by itself, and says when it could not. */

import { pauseMs } from "./backoff.js";
import { EventLines } from "./event_lines.js";

/** Closed set. `refused`: the service does not accept this token; nothing is tried until there is another. */
export const Connection = Object.freeze({
  CONNECTING: "connecting",
  OPEN: "open",
  LOST: "lost",
  REFUSED: "refused",
});

const SILENCE_MS = 40_000; // the service says something at least each 15 s
const STEADY_MS = 10_000; // a connection that held for so long makes former failures forgotten
const REFUSALS = new Set([401, 403]);

export class Events {
  #service;
  #path;
  #listener;
  #ended = new AbortController();
  #lines = new EventLines();
  #attempt = null;
  #wake = () => {};

  /** `listener`: {opened(), event(name, data), connection(state, sentence)}; `opened` is awaited before any event. */
  constructor(service, path, listener) {
    this.#service = service;
    this.#path = path;
    this.#listener = listener;
  }

  start() {
    const signal = this.#ended.signal;
    addEventListener("online", () => this.#wake(), { signal });
    addEventListener("offline", () => this.#attempt?.abort(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake(), { signal });
    this.#run();
  }

  stop() {
    this.#ended.abort();
    this.#attempt?.abort();
    this.#wake();
  }

  async #run() {
    let failures = 0;
    while (!this.#ended.signal.aborted) {
      const beganMs = performance.now();
      try {
        await this.#listen();
      } catch (error) {
        if (REFUSALS.has(error.status) && !this.#ended.signal.aborted) {
          this.#listener.connection(Connection.REFUSED, error.message);
          return;
        }
      }
      if (!this.#ended.signal.aborted) {
        this.#listener.connection(Connection.LOST, "");
        failures = performance.now() - beganMs > STEADY_MS ? 0 : failures;
        await this.#rest(pauseMs(failures++, Math.random()));
      }
    }
  }

  /** Until the connection ends. Raises Failure or whatever the browser raises when it breaks. */
  async #listen() {
    const attempt = new AbortController();
    this.#attempt = attempt;
    const watchdog = new Watchdog(() => attempt.abort());
    try {
      const headers = { Accept: "text/event-stream" };
      if (this.#lines.lastId) {
        headers["Last-Event-ID"] = this.#lines.lastId;
      }
      const answer = await this.#service.open(this.#path, { headers, signal: attempt.signal });
      await this.#listener.opened();
      this.#listener.connection(Connection.OPEN, "");
      await this.#read(answer.body.getReader(), watchdog);
    } finally {
      watchdog.stop();
      attempt.abort();
    }
  }

  async #read(reader, watchdog) {
    const decoder = new TextDecoder();
    const lines = new EventLines();
    lines.lastId = this.#lines.lastId;
    this.#lines = lines;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      watchdog.heard();
      for (const event of lines.take(decoder.decode(value, { stream: true }))) {
        await this.#tell(event);
      }
    }
  }

  async #tell({ name, data }) {
    if (name === "reset") {
      await this.#listener.opened();
    } else {
      this.#listener.event(name, JSON.parse(data));
    }
  }

  #rest(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}

/** Bites when nothing was heard for too long: a connection can be dead without a word. */
class Watchdog {
  #bite;
  #timer;

  constructor(bite) {
    this.#bite = bite;
    this.heard();
  }

  heard() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#bite, SILENCE_MS);
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
