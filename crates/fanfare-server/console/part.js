// Finds the parts of the page, and fails loudly if page and script do not fit.

/**
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @param {new () => E} [type]
 * @returns {E}
 */
export function part(selector, root = document, type = /** @type {new () => E} */ (HTMLElement)) {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`);
  return found;
}
