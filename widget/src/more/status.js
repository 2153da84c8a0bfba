// Says what was done, for eyes and for screen readers, in a line under the shelf.

export function say(shelf, text) {
  let line = shelf.querySelector(".shelf-status");
  if (!line) {
    line = document.createElement("span");
    line.className = "shelf-status";
    line.setAttribute("role", "status");
    shelf.querySelector(".shelf-foot").append(line);
  }
  // A moment later: a live region speaks of changes, not of what it was born with.
  setTimeout(() => {
    line.textContent = text;
  }, 100);
}
