/** What goes with a finished file, as far as it is for this person: the report, pictures, and links to share. */

import { button, make } from "../client/build.js";
import { recordingPath } from "../client/service.js";
import { WORDING } from "../recorder/wording.js";
import { OWN_ADDRESS, roomAddress } from "./place.js";
import { ShareDialog } from "./share_dialog.js";

const OPENED = [["report", "report.html", "Quality report"], ["contact_sheet", "contact-sheet.jpg", "Contact sheet"]];

export class Extras {
  #console;
  #recording;
  #dialog = null;
  element = make("span", { class: "controls" });

  constructor(console, recording) {
    [this.#console, this.#recording] = [console, recording];
  }

  /** Whether there are pictures for the player's bar. Raises Failure. */
  async load() {
    const { companions, may } = await this.#console.service.get(recordingPath(this.#recording.id, "companions"));
    const names = new Set(companions.map(({ name }) => name));
    const there = OPENED.filter(([, name]) => names.has(name));
    this.#dialog?.element.remove();
    this.#dialog = new ShareDialog(this.#console, this.#recording, ["file", ...there.map(([what]) => what)], may.share);
    this.element.replaceChildren(
      ...there.map(([what, , text]) => button("button quiet", () => this.#open(what), text)),
      button("button quiet", () => this.#dialog.open(), "Share"),
      may.remove ? button("button quiet stop", (event) => this.#askRemove(event.currentTarget), "Move to trash") : "",
      this.#dialog.element);
    return names.has("seek.vtt");
  }

  #askRemove(back) {
    this.#console.dialogs.ask({
      name: "remove", text: "Do you want to move this recording to the trash? Nobody can open it there.", back,
      dismissed: false,
      answers: [
        { label: WORDING.cancel, value: false, kind: "plain" },
        { label: "Move to trash", value: true, kind: "danger" },
      ],
      then: (yes) => yes && this.#console.attempt(() => this.#remove()),
    });
  }

  async #remove() {
    const { id, room } = this.#recording;
    await this.#console.service.remove(recordingPath(id));
    const mine = this.#console.me.room;
    location.hash = mine !== null && ![room.id, room.parent].includes(mine) ? OWN_ADDRESS : roomAddress(room.id);
  }

  /** In a tab of its own, which is opened at once: later a browser takes it for an advertisement. */
  #open(what) {
    const tab = open("", "_blank");
    return this.#console.attempt(async () => {
      try {
        const { url } = await this.#console.link(this.#recording, what);
        if (tab) {
          tab.opener = null;
          tab.location.replace(url);
        } else {
          location.assign(url);
        }
      } catch (failure) {
        tab?.close();
        throw failure;
      }
    });
  }
}
