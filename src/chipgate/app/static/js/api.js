/** Calls of the server. Every error is a sentence that says what was expected, what was found and how to mend it. */

const client = crypto.randomUUID
  ? crypto.randomUUID()
  : Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");

/** An error that the server explained. */
export class ApiError extends Error {
  constructor(status, given) {
    super(said(given));
    this.status = status;
    this.code = given.code;
    this.where = given.where;
  }
}

function said(given) {
  const message = given.message || "The server gave no reason.";
  return given.fix && !message.includes(given.fix) ? `${message}. To mend it: ${given.fix}` : message;
}

/**
 * @param {string} path
 * @param {{method?: string, body?: any, yaml?: string, signal?: AbortSignal}} [more]
 * @returns {Promise<any>}
 */
export async function call(path, more = {}) {
  const headers = { "X-Client": client, Accept: "application/json" };
  let body;
  if (more.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(more.body);
  }
  if (more.yaml !== undefined) {
    headers["Content-Type"] = "application/yaml";
    body = more.yaml;
  }
  let answer;
  try {
    answer = await fetch(`/api/${path}`, {
      method: more.method || (body === undefined ? "GET" : "POST"),
      headers,
      body,
      signal: more.signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, {
      code: "unreachable",
      message: "The Chipgate server does not answer",
      fix: "look whether `chipgate app` still runs, then try again",
    });
  }
  let found;
  try {
    found = await answer.json();
  } catch {
    throw new ApiError(answer.status, {
      code: "unreadable",
      message: `The server answered ${answer.status} with something that is not JSON`,
    });
  }
  if (!answer.ok)
    throw new ApiError(
      answer.status,
      found.error || { code: "fault", message: `The server answered ${answer.status}` },
    );
  return found;
}

const kept = new Map();
/** A GET that is asked once. */
export function once(path) {
  if (!kept.has(path))
    kept.set(
      path,
      call(path).catch((error) => {
        kept.delete(path);
        throw error;
      }),
    );
  return kept.get(path);
}

const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(new DOMException("aborted", "AbortError"));
      },
      { once: true },
    );
  });

/** Is this an abort of ours, or a run that a newer one replaced? */
export const replaced = (error) => error.name === "AbortError" || error.code === "cancelled";

/**
 * Wait for a stage of a job.
 * @param {string} job @param {string} query what follows `result?`
 * @param {{signal?: AbortSignal, progress?: (doc: any) => void}} [more]
 */
export async function result(job, query, more = {}) {
  let waiting = true;
  const watch = async () => {
    await pause(350, more.signal);
    while (waiting) {
      const doc = await call(`jobs/${job}`, { signal: more.signal });
      if (waiting) more.progress(doc);
      await pause(450, more.signal);
    }
  };
  if (more.progress) watch().catch(() => {}); // the result itself tells of any fault
  try {
    for (;;) {
      try {
        return await call(`jobs/${job}/result?${query}&wait_ms=15000`, { signal: more.signal });
      } catch (error) {
        if (error.code !== "not_ready") throw error;
      }
    }
  } finally {
    waiting = false;
  }
}

/** Start long work and wait for its end. @param {string} path @param {any} body @param {{signal?: AbortSignal, progress?: (doc: any) => void, started?: (job: string) => void}} [more] */
export async function work(path, body, more = {}) {
  const begun = await call(path, { body: { ...body, wait_ms: 200 }, signal: more.signal });
  more.started?.(begun.job);
  if (begun.result) return begun.result;
  return result(begun.job, "", more);
}

/** Give up a job; that it has ended already is no fault. */
export const cancel = (job) => call(`jobs/${job}`, { method: "DELETE" }).catch(() => null);
