/** In which order news of one recording can be true: answers and events overtake each other. */

const STAGES = Object.freeze({
  starting: 0, recording: 1, paused: 1, stopping: 2, finalising: 3, uploading: 4, available: 5, failed: 5,
});

/** Whether `news` tells of an earlier stage of the same recording than what is `known` (or null). */
export function isStale(known, news) {
  return known !== null && known.id === news.id && STAGES[news.state] < STAGES[known.state];
}
