// The server's clock. The browser's clock may be minutes off, and all times on the page come from the server.

let ahead = 0;

// A message with the server's time `atMs` has just arrived; it took about half of the round trip `latencyMs`.
export function heard(atMs, latencyMs = 0) {
  ahead = atMs + latencyMs / 2 - Date.now();
}

export function now() {
  return Date.now() + ahead;
}
