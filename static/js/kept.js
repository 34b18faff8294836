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

const WHY = "signed out";

// Why this tab was signed out, for the page that comes after this one.
export function keepForNext(why) {
  try {
    sessionStorage.setItem(WHY, why);
  } catch {
    // The next page says nothing of it.
  }
}

export function keptForThis() {
  try {
    const why = sessionStorage.getItem(WHY);
    sessionStorage.removeItem(WHY);
    return why;
  } catch {
    return null;
  }
}
