// The server's clock. The browser's may be minutes off; what counts here are the moments that the server tells of.

let ahead = 0;

// The server said `atMs` just now; on the way it took about `latencyMs` / 2.
export function heard(atMs, latencyMs = 0) {
  ahead = atMs + latencyMs / 2 - Date.now();
}

export function now() {
  return Date.now() + ahead;
}
