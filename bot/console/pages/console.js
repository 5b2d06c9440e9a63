/** Wires the console: token, connection, the page that the address names. */

import { make } from "../client/build.js";
import { Connection, Events } from "../client/events.js";
import { Failure, Service, recordingPath } from "../client/service.js";
import { Token, tokenOfPage } from "../client/token.js";
import { Dialogs } from "../recorder/dialogs.js";
import { Toasts } from "../recorder/toasts.js";
import { Library } from "./library.js";
import { MediaPage } from "./media_page.js";
import { Overview } from "./overview.js";
import { OwnPage } from "./own_page.js";
import { OWN_ADDRESS, mediaAddress, placeOf } from "./place.js";
import { Posters } from "./poster.js";
import { RecordingPage } from "./recording_page.js";
import { RoomPage } from "./room_page.js";

const NO_TOKEN = "This address lacks its token. Open the one that “roomreel serve” prints, or ask for a link.";
const LOST = "Connection lost, trying again";

const main = document.getElementById("main");
const toasts = new Toasts();

/** What pages lean on: the service, who this person is and may do, and how to say that something went wrong. */
class Console {
  me = null;
  page = null;
  #events = null;

  constructor(token) {
    this.service = new Service(location.origin, new Token(token));
    this.library = new Library(this.service, (recording) => this.page?.update(recording));
    this.posters = new Posters(this.service);
    this.dialogs = new Dialogs(document.body);
  }

  get may() {
    return this.me.may;
  }

  async start() {
    this.me = await this.service.get("/v1/me");
    const { identity, name, role, room } = this.me;
    document.getElementById("person").textContent = role === "service" ? "Service" : `${name || identity} · ${role}`;
    this.#showPlaces();
    await this.go();
    addEventListener("hashchange", () => this.#moved());
    this.#events = new Events(this.service, room ? `/v1/events?room=${encodeURIComponent(room)}` : "/v1/events", {
      opened: () => this.#again(),
      event: (event, data) => event === "recording" && this.library.take(data),
      connection: (connection, sentence) => this.#connected(connection, sentence),
    });
    this.#events.start();
  }

  /** People go between their room, its files and their own; the service has no files of its own. */
  #showPlaces() {
    const { role, room } = this.me;
    if (role !== "service") {
      const places = [["#/", "Room"], [mediaAddress(room), "Media and Files"], [OWN_ADDRESS, "My Media"]];
      const nav = document.getElementById("places");
      nav.replaceChildren(...places.map(([href, text]) => make("a", { href }, text)));
      nav.hidden = false;
    }
  }

  #markPlace() {
    for (const link of document.querySelectorAll("#places a")) {
      const isHere = link.getAttribute("href") === (location.hash || "#/");
      isHere ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
  }

  /** Shows the page that the address names. */
  async go() {
    const { kind, id } = placeOf(location.hash);
    this.#markPlace();
    this.page?.stop();
    toasts.hide("failure");
    const page = (PAGES[kind] ?? PAGES[""])(this, id);
    this.page = page;
    main.replaceChildren(page.element);
    main.setAttribute("aria-busy", "true");
    try {
      await page.load();
    } catch (failure) {
      this.#broken(page, failure);
    }
    main.removeAttribute("aria-busy");
    if (this.page === page) {
      document.title = `${page.title} – roomreel`;
    }
  }

  /** After a connection: what was missed is asked for. Raises Failure when the service cannot be reached. */
  async #again() {
    const page = this.page;
    try {
      await page?.load();
    } catch (failure) {
      if (failure.status === 0) {
        throw failure;
      }
      this.#broken(page, failure);
    }
  }

  tell(recording) {
    this.library.take(recording);
  }

  async attempt(deed) {
    try {
      await deed();
      toasts.hide("failure");
    } catch (failure) {
      if (!(failure instanceof Failure)) {
        throw failure;
      }
      this.fail(failure.message);
    }
  }

  fail(sentence) {
    toasts.show("failure", sentence, "failure");
  }

  /** A link that carries its own right, for a <video> or a download. */
  async link(recording, what) {
    const link = await this.service.post(recordingPath(recording.id, "links"), { what });
    return { ...link, url: this.service.address(link.url) };
  }

  download(recording) {
    return this.attempt(async () => {
      const { url } = await this.link(recording, "file");
      make("a", { href: url, download: recording.file }).click();
    });
  }

  async #moved() {
    const shown = this.go();
    main.focus(); // at once: whoever has gone on by then keeps the focus
    scrollTo(0, 0);
    await shown;
  }

  #broken(page, failure) {
    if (!(failure instanceof Failure)) {
      throw failure;
    }
    if (page === this.page) {
      page.stop();
      this.page = null;
      const back = failure.status === 404 ? make("a", { href: "#/" }, "Back to the recordings") : null;
      main.replaceChildren(message(failure.message, back));
    }
  }

  #connected(connection, sentence) {
    const text = { [Connection.LOST]: LOST, [Connection.REFUSED]: sentence }[connection] ?? "";
    document.getElementById("connection").textContent = text;
    document.body.classList.toggle("stale", connection !== Connection.OPEN);
  }
}

const PAGES = {
  "": (console) => (console.me.room ? new RoomPage(console, console.me.room) : new Overview(console)),
  rooms: (console, id) => new RoomPage(console, id),
  media: (console, id) => new MediaPage(console, id),
  mine: (console) => (console.me.room ? new OwnPage(console) : new Overview(console)),
  recordings: (console, id) => new RecordingPage(console, id),
};

function message(text, more = null) {
  return make("div", { class: "message" }, make("p", {}, text), more);
}

async function begin() {
  document.body.append(toasts.element);
  const token = tokenOfPage();
  if (token === null) {
    main.replaceChildren(message(NO_TOKEN));
    return;
  }
  try {
    await new Console(token).start();
  } catch (failure) {
    main.replaceChildren(message(failure.message));
    if (!(failure instanceof Failure)) {
      throw failure;
    }
  }
}

// Another token in the address bar of the same tab: begin again with it.
addEventListener("hashchange", () => location.hash.startsWith("#token=") && location.reload());
begin();
