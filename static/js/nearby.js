// The button that asks the browser for its position; rounded to about a kilometre before it leaves. DOM only.

import { gettext } from "words";

const REFUSED = {
  1: gettext("The browser may not say where you are. Choose a city instead."),
  2: gettext("The browser does not know where you are. Choose a city instead."),
  3: gettext("That took too long. Try again, or choose a city."),
};

const form = document.querySelector("[data-position]");
const button = form.querySelector("[data-locate]");
const refused = form.querySelector("[data-refused]");

form.hidden = !navigator.geolocation;
button.addEventListener("click", () => {
  button.disabled = true;
  refused.hidden = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.latitude.value = coords.latitude.toFixed(2);
      form.elements.longitude.value = coords.longitude.toFixed(2);
      form.submit();
    },
    (error) => {
      button.disabled = false;
      refused.textContent = REFUSED[error.code];
      refused.hidden = false;
    },
    { timeout: 15_000, maximumAge: 600_000 },
  );
});
