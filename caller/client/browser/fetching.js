/* Fetching what a page needs to begin. The server may be a second behind the page: it is asked again, not given up. */

const RETRY_MS = 1_000; // a process that restarts is back in a second

/** The JSON document at `url`, however long its server takes to come back. */
export async function fetchJson(url) {
  for (;;) {
    const response = await fetch(url).catch(() => null);
    if (response?.ok) return response.json();
    await new Promise((resume) => setTimeout(resume, RETRY_MS));
  }
}

/** The JSON document at `url`, or `otherwise` when there is none. */
export async function fetchOnce(url, otherwise = null) {
  const response = await fetch(url).catch(() => null);
  return response?.status === 200 ? response.json() : otherwise;
}
