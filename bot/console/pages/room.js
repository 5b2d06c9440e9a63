/** The room as one person sees it: an empty meeting with the element over it. */

import { claims, tokenOfPage } from "../client/token.js";
import { isRunning } from "../recorder/scene.js";
import { LivePicture } from "./live_picture.js";

const NO_TOKEN = "This address lacks its token. Ask for a new link to the room.";
const QUIET = "This room is not being recorded.";
const HIDDEN = "This room is being recorded.";
const WIDTH = 1280;

const recorder = document.getElementById("recorder");
const backdrop = document.getElementById("backdrop");
const image = document.getElementById("picture");
let picture = null;

function begin() {
  const token = tokenOfPage();
  const room = token === null ? null : (new URLSearchParams(location.search).get("room") ?? claims(token).room);
  backdrop.textContent = room ? "" : NO_TOKEN;
  if (room) {
    title(room);
    recorder.addEventListener("roomreel-state", ({ detail }) => show(detail));
    recorder.setAttribute("service", location.origin);
    recorder.setAttribute("room", room);
    recorder.setAttribute("token", token);
  }
}

function show({ recording, room, me, connection }) {
  image.classList.toggle("stale", connection !== "open");
  if (me !== null) {
    person(me);
    picture ??= new LivePicture(recorder.service, image, WIDTH);
  }
  if (room?.title) {
    title(room.title);
  }
  const running = isRunning(recording);
  const seen = running && Boolean(me?.may.see_picture);
  picture?.follow(seen ? recording.id : null);
  backdrop.hidden = seen;
  backdrop.textContent = running ? HIDDEN : recording?.state === "starting" || me === null ? "" : QUIET;
}

function title(text) {
  document.getElementById("title").textContent = text;
  document.title = `${text} – roomreel`;
}

function person({ identity, name, role, device }) {
  const words = [name || identity, role, device === "mobile" ? "on a phone" : null];
  document.getElementById("person").textContent = words.filter(Boolean).join(" · ");
}

addEventListener("hashchange", () => location.reload());
begin();
