(() => {
  const AA = 4.5, AA_LARGE = 3, LARGE_PX = 24, LARGE_BOLD_PX = 18.66, SMALLEST_TARGET_PX = 24;
  const problems = [];
  const tell = (rule, element, more = "") =>
    problems.push({ rule, element: (element.outerHTML ?? "").slice(0, 160), more: String(more) });

  const everything = (root) => [...root.querySelectorAll("*")].flatMap((element) =>
    [element, ...(element.shadowRoot ? everything(element.shadowRoot) : [])]);
  const above = (element) => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  const line = (element) => { const all = []; for (let one = element; one; one = above(one)) all.push(one); return all; };
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const modal = everything(document).find((element) => element.matches("dialog:modal"));
  const inScope = (element) => !modal || line(element).includes(modal);
  const seen = everything(document.body).filter((element) => visible(element) && inScope(element));

  // Names.
  const text = (element) => (element.textContent ?? "").trim();
  const named = (element) => {
    const by = element.getAttribute("aria-labelledby");
    const label = element.id && element.getRootNode().querySelector(`label[for="${CSS.escape(element.id)}"]`);
    return (element.getAttribute("aria-label") ?? "").trim() || (by && text(element.getRootNode().getElementById(by)))
      || (label && text(label)) || (!element.matches("input, select") && text(element)) || "";
  };
  for (const element of seen) {
    if (element.matches("button, a[href], input, select, video, dialog, [role=menu], [role=group], [role=timer]") && !named(element)) {
      tell("has no name", element);
    }
    if (element.matches("img") && !element.hasAttribute("alt")) tell("picture without alt", element);
    if (element.matches("[aria-controls], [aria-labelledby], [aria-describedby]")) {
      for (const name of ["aria-controls", "aria-labelledby", "aria-describedby"]) {
        const id = element.getAttribute(name);
        if (id && !element.getRootNode().getElementById(id)) tell(`${name} points nowhere`, element);
      }
    }
    if (element.matches("[role=menuitem], [role=menuitemradio]") && !element.closest("[role=menu]")) tell("item without a menu", element);
    if (element.matches("[aria-hidden=true]") && element.querySelector("button, a[href], input, select")) tell("hidden but can have the focus", element);
    if (element.matches("[tabindex]") && element.tabIndex > 0) tell("tabindex above 0", element);
    if (element.matches("button, a.button, input, select")) {
      const box = element.getBoundingClientRect();
      if (Math.min(box.width, box.height) < SMALLEST_TARGET_PX) tell("too small to hit", element, `${box.width}x${box.height}`);
    }
  }

  // Structure.
  if (!document.documentElement.lang) tell("page without a language", document.documentElement);
  if (!document.title) tell("page without a title", document.head);
  if (document.querySelectorAll("main").length !== 1) tell("not one main", document.body);
  const ids = new Map();
  for (const element of everything(document).filter((one) => one.id)) {
    const key = element.getRootNode();
    const known = ids.get(key) ?? new Set();
    if (known.has(element.id)) tell("id twice", element);
    ids.set(key, known.add(element.id));
  }
  if (!modal) {
    const levels = seen.filter((element) => /^H[1-6]$/.test(element.tagName)).map((element) => [Number(element.tagName[1]), element]);
    if (!levels.some(([level]) => level === 1) && !document.querySelector(".message")) tell("no h1", document.body);
    levels.forEach(([level, element], index) => index > 0 && level > levels[index - 1][0] + 1 && tell("heading level left out", element));
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) tell("wider than the window", document.body, document.documentElement.scrollWidth);

  // Contrast (WCAG 2.2, 1.4.3).
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const ground = (element) => {
    const layers = line(element).map((one) => rgba(getComputedStyle(one).backgroundColor)).filter(([, , , a]) => a > 0);
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reduceRight((below, layer) => over(layer, below), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const off = (element) => line(element).some((one) => one.matches("[aria-disabled=true], :disabled"));
  let judged = 0;
  for (const element of seen) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!own || off(element) || element.matches("noscript, option, .unseen, .skip") || element.closest(".unseen")) continue;
    const style = getComputedStyle(element);
    const behind = ground(element);
    const size = parseFloat(style.fontSize);
    const least = size >= LARGE_PX || (size >= LARGE_BOLD_PX && style.fontWeight >= 700) ? AA_LARGE : AA;
    const found = contrast(over(rgba(style.color), behind), behind);
    judged += 1;
    if (found < least) tell("too little contrast", element, found.toFixed(2));
  }
  if (judged === 0) tell("no text at all", document.body);
  return problems;
})()
