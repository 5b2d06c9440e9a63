/** The service's API in one person's name. */

const PATIENCE_MS = 30_000;
const UNREACHABLE = "The recording service cannot be reached. Check the network and try again.";

/** What went wrong, in a sentence for the person at the screen. `status` is 0 when nobody answered. */
export class Failure extends Error {
  constructor(sentence, status = 0, problem = {}) {
    super(sentence);
    this.status = status;
    this.problem = problem;
  }
}

export class Service {
  #base;

  /** `base`: the service's address; `token`: a Token. */
  constructor(base, token) {
    this.#base = new URL("/", base);
    this.token = token;
  }

  address(path) {
    return new URL(path, this.#base).href;
  }

  async get(path) {
    return (await this.#answer("GET", path)).json();
  }

  async post(path, body = undefined, headers = {}) {
    const answer = await this.#answer("POST", path, { body, headers });
    return answer.status === 204 ? null : answer.json();
  }

  async put(path, body) {
    const answer = await this.#answer("PUT", path, { body });
    return answer.status === 204 ? null : answer.json();
  }

  async remove(path) {
    return (await this.#answer("DELETE", path)).json();
  }

  async blob(path) {
    return (await this.#answer("GET", path)).blob();
  }

  /** An answer that goes on arriving until `signal`. Raises Failure. */
  async open(path, { headers, signal }) {
    return this.#answer("GET", path, { headers, signal });
  }

  async #answer(method, path, options = {}) {
    const first = await this.#send(method, path, options);
    const answer = first.status === 401 && (await this.token.renew()) ? await this.#send(method, path, options) : first;
    if (!answer.ok) {
      throw await failureOf(answer);
    }
    return answer;
  }

  async #send(method, path, { body, headers = {}, signal = AbortSignal.timeout(PATIENCE_MS) }) {
    const value = await this.token.current();
    try {
      return await fetch(this.address(path), {
        method,
        signal,
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        headers: {
          ...headers,
          ...(value ? { Authorization: `Bearer ${value}` } : {}),
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch {
      throw new Failure(UNREACHABLE);
    }
  }
}

async function failureOf(answer) {
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    // Something between here and the service answered, in words of its own.
  }
  const otherwise = `The recording service answered ${answer.status}. Try again later.`;
  return new Failure(problem.detail || problem.title || otherwise, answer.status, problem);
}

/** Where the API has a recording, or something of it. */
export function recordingPath(id, what = "") {
  return `/v1/recordings/${encodeURIComponent(id)}${what && `/${what}`}`;
}

/** A key by which the service knows a request that comes twice. Also where pages are not served over TLS. */
export function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
