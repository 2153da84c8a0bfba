/** `make("a", "link", { href }, child, "text")` is <a class="shelf-link" href="…">…</a>. */
export function make(tag, name, attributes, ...children) {
  const element = document.createElement(tag);
  element.className = `shelf-${name}`;
  for (const key in attributes) {
    if (attributes[key] != null) element.setAttribute(key, attributes[key]);
  }
  element.append(...children); // text goes in as text, never as markup
  return element;
}

export function button(name, label, text, onclick) {
  const made = make("button", name, { type: "button", "aria-label": label }, text);
  made.onclick = onclick;
  return made;
}
