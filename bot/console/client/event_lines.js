/** Server-sent events out of text as it arrives (HTML standard, section 9.2.6). */

const LONGEST = 1_000_000; // characters of one event; a longer one is no event of ours

export class EventLines {
  #rest = "";
  #event = fresh();
  lastId = "";

  /** The events that `text` completes, as {name, id, data}. Raises Error when one is too long to be true. */
  take(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length + this.#event.data.join().length > LONGEST) {
      throw new Error("The service sent an event that is too long.");
    }
    return lines.map((line) => this.#line(line)).filter((event) => event !== null);
  }

  #line(line) {
    if (line === "") {
      return this.#finish();
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    FIELDS[field]?.(this.#event, value);
    return null;
  }

  #finish() {
    const { name, id, data } = this.#event;
    this.#event = fresh();
    this.lastId = id ?? this.lastId;
    return data.length === 0 ? null : { name, id: this.lastId, data: data.join("\n") };
  }
}

const FIELDS = {
  event: (event, value) => { event.name = value; },
  id: (event, value) => { event.id = value; },
  data: (event, value) => { event.data.push(value); },
};

function fresh() {
  return { name: "message", id: null, data: [] };
}
