window.shown = [];
const watched = new WeakSet();
const watch = (root) => {
  if (watched.has(root)) return;
  watched.add(root);
  new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => {
    for (const one of node.matches?.(".toast p, .question h2") ? [node] : node.querySelectorAll?.(".toast p, .question h2") ?? [])
      window.shown.push(one.textContent);
  }))).observe(root, { childList: true, subtree: true });
};
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) { const root = attach.call(this, options); watch(root); return root; };
watch(document);
