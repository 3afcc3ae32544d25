// Unfolds what follows a prediction where it has a word that the reader searched for. What a link
// leads to, and what the browser finds on the page, the browser unfolds by itself.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  // Sphinx marks the words 10 ms after this event.
  setTimeout(() => {
    for (const fold of document.querySelectorAll("details.gx-after")) {
      if (fold.querySelector(".highlighted")) fold.open = true;
    }
  }, 20);
});
