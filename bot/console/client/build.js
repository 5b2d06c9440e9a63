/** Elements of a page, written where they are used. Text is always text: nothing here parses HTML. */

/**
 * `attributes`: names beginning with `on` are listeners, true sets an attribute, false and null leave it out.
 * `children`: elements, text, null.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button of a page. `kind`: classes of its look. */
export function button(kind, onclick, ...children) {
  return make("button", { type: "button", class: kind, onclick }, ...children);
}

/** A drawing of 24 by 24 units out of the table below; decoration, said by nobody. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", "icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name]);
  drawing.append(path);
  return drawing;
}

const SHAPES = {
  dots: "M12 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  record: "M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14Z",
  stop: "M7.5 6h9A1.5 1.5 0 0 1 18 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 16.5v-9A1.5 1.5 0 0 1 7.5 6Z",
  pause: "M7 5h3.5v14H7ZM13.5 5H17v14h-3.5Z",
  resume: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l11-6.8a.8.8 0 0 0 0-1.4l-11-6.8A.8.8 0 0 0 8 5.2Z",
  check: "M9.5 17.6 4.4 12.5l1.7-1.7 3.4 3.4 8.4-8.4 1.7 1.7Z",
  close: "m6.4 5 5.6 5.6L17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4Z",
  back: "M14.7 5.3 16 6.6 10.6 12l5.4 5.4-1.3 1.3L8 12Z",
  download: "M11 4h2v8.2l3-3 1.4 1.4L12 16l-5.4-5.4L8 9.2l3 3ZM5 18h14v2H5Z",
};
