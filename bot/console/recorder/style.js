/** How the element looks. A page changes it through the custom properties of the first block, and through ::part(). */

const SHEET = `
:host {
  --reel-surface: var(--roomreel-surface, #1f2328);
  --reel-text: var(--roomreel-text, #f2f4f7);
  --reel-quiet: var(--roomreel-quiet, #b9c0ca);
  --reel-line: var(--roomreel-line, #444c56);
  --reel-hover: var(--roomreel-hover, #323942);
  --reel-accent: var(--roomreel-accent, #9ecbff);
  --reel-primary: var(--roomreel-primary, #1f6feb);
  --reel-red: var(--roomreel-red, #c62828);
  --reel-lamp: var(--roomreel-lamp, #ff5a52);
  --reel-amber: var(--roomreel-amber, #f2b134);
  --reel-radius: var(--roomreel-radius, 12px);
  --reel-edge: var(--roomreel-edge, 16px);
  display: block;
  position: relative;
  min-height: 4rem;
  color: var(--reel-text);
  font: 400 1rem/1.45 var(--roomreel-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
}
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
button { font: inherit; color: inherit; cursor: pointer; border: 0; background: none; margin: 0; }
button:focus-visible { outline: 3px solid var(--reel-accent); outline-offset: 2px; }
[aria-disabled="true"] { opacity: .5; cursor: default; }
.icon { width: 1.375rem; height: 1.375rem; fill: currentColor; flex: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.overlay { position: absolute; inset: 0; pointer-events: none; display: flex; flex-direction: column; justify-content:
  flex-end;
  gap: .75rem; padding: var(--reel-edge);
  padding-bottom: max(var(--reel-edge), env(safe-area-inset-bottom)); padding-left: max(var(--reel-edge),
  env(safe-area-inset-left));
  padding-right: max(var(--reel-edge), env(safe-area-inset-right)); }
.bar { display: flex; align-items: flex-end; justify-content: space-between; gap: .75rem; }
.bar > *, .toast, dialog { pointer-events: auto; }

.pill { display: inline-flex; align-items: center; gap: .55rem; min-height: 2.75rem; padding: 0 .95rem; border-radius:
  999px;
  background: var(--reel-surface); border: 1px solid var(--reel-line); box-shadow: 0 4px 16px #0006; }
.dot { width: .75rem; height: .75rem; border-radius: 50%; background: var(--reel-lamp); flex: none; }
.lamp-text { font-weight: 700; letter-spacing: .05em; color: var(--reel-lamp); }
.pill.on .dot { animation: breathe 2s ease-in-out infinite; }
.pill.paused .dot { background: var(--reel-amber); border-radius: 2px; }
.pill.paused .lamp-text { color: var(--reel-amber); }
.pill.lost .dot { background: none; border: 2px solid var(--reel-quiet); }
.pill.lost .lamp-text { color: var(--reel-text); font-weight: 500; letter-spacing: 0; }
.counter { font-variant-numeric: tabular-nums; padding-left: .65rem; margin-left: .1rem; border-left: 1px solid
  var(--reel-line); }
.control { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: 50%; }
.control:hover { background: var(--reel-hover); }
.control.stop { color: var(--reel-lamp); margin-right: -.5rem; }
.counter + .control { margin-left: -.1rem; }

.menu-place { position: relative; margin-left: auto; }
.dots { display: grid; place-items: center; width: 2.75rem; height: 2.75rem; border-radius: 50%; background:
  var(--reel-surface);
  border: 1px solid var(--reel-line); box-shadow: 0 4px 16px #0006; }
.dots:hover, .dots[aria-expanded="true"] { background: var(--reel-hover); }
.menu { position: absolute; right: 0; bottom: calc(100% + .5rem); min-width: 15rem; max-width: calc(100vw - 2rem);
  max-height: 70vh; overflow: auto;
  padding: .375rem; border-radius: var(--reel-radius); background: var(--reel-surface); border: 1px solid
  var(--reel-line); box-shadow: 0 12px 32px #0008; }
.item { display: flex; align-items: center; gap: .75rem; width: 100%; min-height: 2.75rem; padding: .375rem .75rem;
  border-radius: calc(var(--reel-radius) - 5px); text-align: left; }
.item:hover, .item:focus-visible { background: var(--reel-hover); }
.item:focus-visible { outline-offset: -3px; }
.item.start .icon, .item.stop .icon { color: var(--reel-lamp); }
.item[aria-checked="false"] .icon { visibility: hidden; }
.menu-group { margin-top: .375rem; padding-top: .375rem; border-top: 1px solid var(--reel-line); }
.menu-title { padding: .375rem .75rem; color: var(--reel-quiet); font-size: .8125rem; }

.toast-places { display: flex; flex-direction: column; align-items: center; gap: .5rem; margin-top: auto; }
.toasts { display: flex; flex-direction: column; align-items: center; gap: .5rem; max-width: 100%; }
.toasts:empty { position: absolute; }
.toast { display: flex; align-items: center; gap: .75rem; max-width: min(34rem, 100%); padding: .5rem .5rem .5rem 1rem;
  border-radius: var(--reel-radius);
  background: var(--reel-surface); border: 1px solid var(--reel-line); box-shadow: 0 8px 24px #0007; animation: rise .2s
  ease-out; }
.toast p { margin: .375rem 0; }
.toast.wait { padding-right: 1.25rem; }
.mark { flex: none; width: .625rem; height: .625rem; border-radius: 50%; background: var(--reel-accent); }
.toast.wait .mark { width: 1.125rem; height: 1.125rem; background: none; border: 3px solid var(--reel-line);
  border-top-color: var(--reel-accent); animation: turn 1s linear infinite; }
.toast.failure { border-color: var(--reel-lamp); }
.toast.failure .mark { display: grid; place-items: center; width: 1.375rem; height: 1.375rem; background:
  var(--reel-red); color: #fff; font-weight: 700; font-size: .875rem; }
.dismiss { display: grid; place-items: center; flex: none; width: 2.25rem; height: 2.25rem; border-radius: 50%; color:
  var(--reel-quiet); }
.dismiss .icon { width: 1.125rem; height: 1.125rem; }
.dismiss:hover { background: var(--reel-hover); }

.question { width: min(26rem, calc(100vw - 2rem)); padding: 1.5rem; border: 1px solid var(--reel-line); border-radius:
  calc(var(--reel-radius) + 4px);
  background: var(--reel-surface); color: var(--reel-text); box-shadow: 0 24px 64px #000a; }
.question::backdrop { background: #0008; }
.question h2 { margin: 0 0 1.5rem; font-size: 1.1875rem; font-weight: 600; line-height: 1.35; }
.answers { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: .625rem; }
.answer { min-height: 2.75rem; padding: .5rem 1.125rem; border-radius: calc(var(--reel-radius) - 3px); font-weight: 600;
  }
.answer.plain { border: 1px solid var(--reel-line); }
.answer.plain:hover { background: var(--reel-hover); }
.answer.primary { background: var(--reel-primary); color: #fff; }
.answer.danger { background: var(--reel-red); color: #fff; }
.answer.primary:hover, .answer.danger:hover { filter: brightness(1.12); }

@keyframes breathe { 50% { opacity: .35; } }
@keyframes turn { to { transform: rotate(1turn); } }
@keyframes rise { from { opacity: 0; transform: translateY(.5rem); } }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none
  !important; } }
@media (forced-colors: active) { .dot, .mark { forced-color-adjust: none; } button { border: 1px solid; } }
@media (max-width: 30rem) {
  .answers { flex-direction: column-reverse; }
  .answer { width: 100%; }
}
`;

export const STYLE = new CSSStyleSheet();
STYLE.replaceSync(SHEET);
