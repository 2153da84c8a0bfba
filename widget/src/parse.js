/** The object that a JSON text holds; an empty one if it holds none. */
export function parse(json) {
  try {
    return JSON.parse(json) || {};
  } catch {
    return {};
  }
}
