/** Where in the console somebody is: the fragment of the address. */

export function placeOf(fragment) {
  const [, kind = "", id = ""] = fragment.replace(/^#/, "").split("/");
  return { kind, id: decode(id) };
}

export function recordingAddress(id) {
  return `#/recordings/${encodeURIComponent(id)}`;
}

export function roomAddress(id) {
  return `#/rooms/${encodeURIComponent(id)}`;
}

export function mediaAddress(roomId) {
  return `#/media/${encodeURIComponent(roomId)}`;
}

export const OWN_ADDRESS = "#/mine";

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
