/** The pictures of a player's bar, out of WebVTT whose cues name a piece of a picture each. */

const TIMES = /^(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3}) --> (?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})/;
const PIECE = /^(seek-\d+\.jpg)#xywh=(\d+),(\d+),(\d+),(\d+)$/;

/** [{from, to, name, x, y, width, height}], times in seconds, in their order. What cannot be read is left out. */
export function seekCues(text) {
  return text.split(/\r?\n\r?\n+/).map(cueOf).filter((cue) => cue !== null);
}

/** The cue of that second, or null. `cues` do not overlap. */
export function cueAt(cues, second) {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].to > second) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low < cues.length && cues[low].from <= second ? cues[low] : null;
}

function cueOf(block) {
  const lines = block.trim().split(/\r?\n/);
  const at = lines.findIndex((line) => line.includes("-->"));
  const times = at < 0 ? null : TIMES.exec(lines[at]);
  const piece = at < 0 ? null : PIECE.exec(lines[at + 1] ?? "");
  if (times === null || piece === null) {
    return null;
  }
  const [x, y, width, height] = piece.slice(2).map(Number);
  return { from: secondsOf(times.slice(1, 5)), to: secondsOf(times.slice(5, 9)), name: piece[1], x, y, width, height };
}

function secondsOf([hours = "0", minutes, seconds, thousandths]) {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(thousandths) / 1000;
}
