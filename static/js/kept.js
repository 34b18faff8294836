// What this browser keeps for us. It may forbid its storage: then a choice lasts as long as the page.

export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

// Keep a choice, or forget it (null).
export function keep(name, choice) {
  try {
    if (choice === null) localStorage.removeItem(name);
    else localStorage.setItem(name, choice);
  } catch {
    // The next page begins without it.
  }
}
