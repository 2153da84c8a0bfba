// How shelf-more.js makes what it adds to the page: elements, and the styles they wear.

export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A <style> element would need the page's leave under a strict Content Security Policy. */
export function wear(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}
