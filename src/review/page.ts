import { createHash } from 'node:crypto';
import { html, pageHead, trusted } from '../text/html.ts';
import type { Review } from './review.ts';
import { script } from './script.ts';

const style = `
:root { color-scheme: light dark; --line: #8884; --accent: #2563eb; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
header { position: sticky; top: 0; background: Canvas; padding: .5rem 0; border-bottom: 1px solid var(--line); z-index: 1; }
h1 { font-size: 1.2rem; margin: 0; }
p { margin: .25rem 0; }
kbd { border: 1px solid var(--line); border-radius: 3px; padding: 0 .3em; font-size: .85em; }
ol { list-style: none; padding: 0; }
li { border: 1px solid var(--line); border-left-width: 6px; border-radius: 6px; padding: .6rem .8rem; margin: .6rem 0; scroll-margin: 9rem; }
li.current { outline: 2px solid var(--accent); }
li.done { border-left-color: #16a34a; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.meta { font-size: .85rem; opacity: .75; }
.labels { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .4rem; }
button { font: inherit; border: 1px solid var(--line); border-radius: 999px; background: none; color: inherit; padding: .1rem .7rem; cursor: pointer; }
button[aria-pressed=true] { background: var(--accent); border-color: var(--accent); color: #fff; }
li:not(.current) .labels button[aria-pressed=false] { display: none; }
`;

/** The review as one page that needs nothing else, and that sends nothing anywhere. */
export function reviewPage(review: Review): string {
  const { task, source, rows, texts, isMulti } = review;
  // Inside a script element only an end tag and a comment could end the data.
  const data = JSON.stringify(review)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
    <html lang="en">
      ${pageHead({ title: `Review of ${task}`, policy, style })}
      <body>
        <header>
          <h1>${task}: ${rows.length} of ${texts} comments of ${source}</h1>
          <p>
            <kbd>Enter</kbd> right, next · <kbd>1</kbd>…<kbd>z</kbd>
            ${isMulti ? 'this label, or not' : 'this label, next'} · <kbd>↑</kbd> <kbd>↓</kbd> move ·
            <kbd>⌫</kbd> not looked at · <kbd>+</kbd> new label · <kbd>Ctrl S</kbd> save
          </p>
          <p>
            <button id="save" type="button">Save corrections</button> <span id="state" role="status"></span>
          </p>
        </header>
        <main><ol id="rows"></ol></main>
        <script type="application/json" id="review">
          ${trusted(data)}
        </script>
        <script>
          ${trusted(script)};
        </script>
      </body>
    </html> `.markup;
}
