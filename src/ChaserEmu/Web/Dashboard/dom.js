// Builds elements. Text is always text: nothing here can insert HTML.
const svgNames = new Set(['svg', 'path']);

/** Creates an element. Attributes that are functions become listeners (`onclick`); null and false ones are left out; true ones are empty. */
export function h(name, attributes = {}, ...children) {
  const element = svgNames.has(name) ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

/** Sets the text of an element, if it differs: an unchanged text costs no layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A button that copies a text and says so. `text` is a string, or a function that returns one or its promise. */
export function copyButton(text, label = 'Copy') {
  const button = h('button', { type: 'button', class: 'quiet', onclick: async () => {
    await navigator.clipboard.writeText(typeof text === 'function' ? await text() : text);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = label; }, 1500);
  } }, label);
  return button;
}

/** A field of a form with its label. A text area gets the whole width. */
export const field = (label, input) => h('label', { class: input.localName === 'textarea' ? 'wide' : null }, h('span', {}, label), input);

/** A form on one line. `run` is called in place of sending it. */
export const form = (run, ...children) => h('form', { class: 'row', onsubmit: event => {
  event.preventDefault();
  run();
} }, ...children);

/** The headings of columns with numbers, which are aligned to the right. */
const numbers = new Set(['Sessions', 'Bytes', 'Price', 'Count', 'Probability', 'Fired', 'In', 'Open for', 'TTL', 'Idle', 'CDP', 'Connection', 'Took']);

/** Creates a table that scrolls sideways on small screens, also by keyboard. */
export const table = (label, headings, body) => h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
  h('table', {}, h('thead', {}, h('tr', {}, ...headings.map(text => h('th', { scope: 'col', class: numbers.has(text) ? 'number' : null }, text)))), body));
