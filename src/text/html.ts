/** Markup that may stand in a page as it is. Only {@link html} and {@link trusted} make it. */
export class SafeHtml {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type HtmlValue = string | number | SafeHtml | readonly HtmlValue[] | undefined | false;

/** A template whose values are escaped, whoever wrote them, unless they are made by it. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): SafeHtml {
  const parts = strings.map((string, index) => string + (index < values.length ? render(values[index]) : ''));
  return new SafeHtml(parts.join(''));
}

/** Markup that this program wrote, such as a chart. Never for values of a file. */
export function trusted(markup: string): SafeHtml {
  return new SafeHtml(markup);
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof SafeHtml) return value.markup;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map(render).join('');
}

/** Escapes for text and for quoted attributes; characters that a page cannot hold become U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\t\n\r]/gu, '\ufffd')
    .replaceAll(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * The head of a page that stands alone and loads nothing.
 * @param policy what the page may do, as a Content Security Policy
 */
export function pageHead({
  title,
  policy,
  style,
}: {
  title: string;
  policy: string;
  style: string;
}): SafeHtml {
  return html`<head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="referrer" content="no-referrer" />
    <title>${title}</title>
    <style>
      ${trusted(style)}
    </style>
  </head>`;
}
