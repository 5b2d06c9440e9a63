/** One recording in a list. */

import { make, icon } from "../client/build.js";
import { clock, moment, size, spokenDuration } from "../client/format.js";
import { recordingAddress } from "./place.js";
import { ENDINGS, HELD, STATES, isOver, isPlayable, titleOf } from "./words.js";

/** A badge with the state, or nothing where the state goes without saying. */
export function badge(recording) {
  const { state, held, trashed_at: trashed } = recording;
  if (trashed) {
    return make("span", { class: "badge held" }, "In the trash");
  }
  if (held) {
    return make("span", { class: "badge held" }, "Held back");
  }
  return state === "available" ? null : make("span", { class: `badge ${state}` }, STATES[state]);
}

/** `console`: {posters, download(recording)}. */
export function row(recording, console) {
  const title = make("a", { href: recordingAddress(recording.id), class: "row-title" }, titleOf(recording));
  const thumb = make("span", { class: "thumb", "aria-hidden": "true" }, console.posters.place(recording),
    recording.duration_s ? make("span", { class: "length" }, clock(recording.duration_s)) : null);
  const heading = make("h3", {}, title, badge(recording));
  const texts = make("div", { class: "row-texts" }, heading, facts(recording), trouble(recording));
  const download = isPlayable(recording) ? make("button", {
    type: "button", class: "button quiet", "aria-label": `Download ${titleOf(recording)}`,
    onclick: () => console.download(recording),
  }, icon("download"), make("span", { class: "wide-only" }, "Download")) : null;
  return make("li", { class: "row", "data-id": recording.id }, thumb, texts, download);
}

function facts(recording) {
  const known = [
    ["When", moment(recording.recording_since ?? recording.asked_at)],
    ["Duration", recording.duration_s ? spokenDuration(recording.duration_s) : null, "unseen"],
    ["Size", recording.size_bytes ? size(recording.size_bytes) : null],
    ["Owner", recording.owner],
    ["Folder", isOver(recording) ? recording.folder : null],
  ];
  return make("dl", { class: "facts" }, ...known.filter(([, value]) => value).map(([name, value, kind = ""]) =>
    make("div", { class: `fact ${kind} ${name.toLowerCase()}` },
      make("dt", { class: "unseen" }, name), make("dd", {}, value))));
}

function trouble(recording) {
  if (recording.held) {
    return make("p", { class: "caution" }, HELD);
  }
  const text = recording.problem || (recording.state === "failed" ? ENDINGS[recording.end_reason] : null);
  return text ? make("p", { class: "trouble" }, text) : null;
}
