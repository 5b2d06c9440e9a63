/** What is known of one room: who this person is there, and its newest recording. */

import { isStale } from "../client/progress.js";
import { recordingPath } from "../client/service.js";
import { Connection, Events } from "../client/events.js";

export class RoomWatch {
  me = null;
  room = null; // {id, title, kind, parent}, when the service has been told of it
  recording = null;
  connection = Connection.CONNECTING;
  sentence = ""; // why the service refuses this token
  #service;
  #id;
  #events;
  #listener;

  /** `listener`: {changed(before), notice(notice)}. */
  constructor(service, room, listener) {
    this.#service = service;
    this.#id = room;
    this.#listener = listener;
    this.#events = new Events(service, `/v1/events?room=${encodeURIComponent(room)}`, {
      opened: () => this.#refresh(),
      event: (name, data) => this.#hear(name, data),
      connection: (connection, sentence) => this.#connected(connection, sentence),
    });
  }

  start() {
    this.#events.start();
  }

  stop() {
    this.#events.stop();
  }

  async act(name, key) {
    if (name === "start") {
      const headers = { "Idempotency-Key": key };
      return this.#told(await this.#service.post("/v1/recordings", { room: { id: this.#id } }, headers));
    }
    return this.#told(await this.#service.post(recordingPath(this.recording.id, name)));
  }

  async arrange(layout) {
    return this.#told(await this.#service.put(recordingPath(this.recording.id, "layout"), { layout }));
  }

  /** After every connection: what happened meanwhile was not heard. */
  async #refresh() {
    this.me = await this.#service.get("/v1/me");
    const known = await this.#known();
    this.room = known.room ?? null;
    this.#told(known.recording ?? null);
  }

  /** A room that the service has not been told of yet is a room without a recording. */
  async #known() {
    try {
      return await this.#service.get(`/v1/rooms/${encodeURIComponent(this.#id)}`);
    } catch (failure) {
      if (failure.status === 404) {
        return {};
      }
      throw failure;
    }
  }

  #hear(name, data) {
    if (name === "recording" && data.room.id === this.#id && this.#concerns(data)) {
      this.#told(data);
    } else if (name === "notice" && (data.room?.id ?? data.room) === this.#id) {
      this.#listener.notice(data);
    }
  }

  /** News of an older recording that is still being uploaded do not hide the one that runs. */
  #concerns(recording) {
    const mine = this.recording;
    return mine === null || mine.id === recording.id || !RUNS.has(mine.state) || RUNS.has(recording.state);
  }

  #told(recording) {
    const before = this.recording;
    if (recording !== null && isStale(before, recording)) {
      return before;
    }
    this.recording = recording;
    this.#listener.changed(before);
    return recording;
  }

  #connected(connection, sentence) {
    [this.connection, this.sentence] = [connection, sentence];
    this.#listener.changed(this.recording);
  }
}

const RUNS = new Set(["starting", "recording", "paused", "stopping"]);
