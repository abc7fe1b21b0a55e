import { count } from '../text/numbers.ts';
import { html, pageHead, type SafeHtml } from '../text/html.ts';
import { LabelNames } from './label-names.ts';
import type { ReportLook } from './options.ts';
import { knownSentiments, legend, type Section, sectionMarkup, stackBar } from './parts.ts';
import type { ReportDocument } from './report-document.ts';
import { askedSections, fixSection, lovesSection } from './section-fix.ts';
import { nightSection } from './section-night.ts';
import { audiencesSection, comparisonSection, qualitySection, tasksSection } from './section-rest.ts';
import { groupsSection, timeSection, topicsSection } from './section-topics.ts';
import { style } from './style.ts';
import { logoAddress, themeStyle } from './theme.ts';
import { comments } from './words.ts';

/** Forbids scripts, and everything that would have to be loaded. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/**
 * The report as one page that needs nothing else: no scripts, no network.
 * @throws UsageError, InputError for a look that cannot be
 */
export async function htmlReport(document: ReportDocument, look: ReportLook): Promise<string> {
  const theme = themeStyle(look.theme);
  const logo = look.logo === undefined ? undefined : await logoAddress(look.logo);
  const sections = await sectionsOf(document);
  const page = html`<!doctype html>
    <html lang="en">
      ${pageHead({ title: document.title, policy, style: style + theme })}
      <body>
        <header>
          ${logo !== undefined && html`<img class="logo" alt="" src="${logo}" />`}
          <div>
            <h1>${document.title}</h1>
            <p>${sourceLine(document)}</p>
          </div>
        </header>
        <main>
          ${lead(document)}
          ${
            sections.length > 1 &&
            html`<nav aria-label="Contents">
              <ol>
                ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
              </ol>
            </nav>`
          }
          ${sections.map(sectionMarkup)}
        </main>
        ${footer(document)}
      </body>
    </html> `;
  return page.markup;
}

async function sectionsOf(document: ReportDocument): Promise<Section[]> {
  if (document.feedback === 0) return [];
  const names = new LabelNames(document);
  const sections = [
    comparisonSection(document),
    nightSection(document, names),
    fixSection(document),
    ...askedSections(document),
    lovesSection(document),
    topicsSection(document),
    await timeSection(document),
    groupsSection(document),
    audiencesSection(document),
    tasksSection(document, names),
    qualitySection(document, names),
  ];
  return sections.filter((section) => section !== undefined);
}

function lead(document: ReportDocument): SafeHtml {
  const roles = knownSentiments(document);
  const [first, ...rest] = document.summary;
  return html`<section class="card lead" aria-label="In short">
    <p class="headline">${first}</p>
    ${rest.length > 0 && html`<p>${rest.join(' ')}</p>`}
    ${
      roles.length > 0 &&
      document.feedback > 0 &&
      html`${stackBar(Object.fromEntries(document.sentiment.map(({ role, texts }) => [role, texts])), roles)}
      ${legend(roles)}`
    }
  </section>`;
}

function sourceLine({ rows, texts, empty, source }: ReportDocument): string {
  const bundle =
    source.bundle === undefined ? '' : ` · labelled by ${source.bundle.name} ${source.bundle.version}`;
  return `${source.path} · ${count(rows)} rows, ${comments(texts)} with labels, ${count(empty)} empty${bundle}`;
}

function footer({ source, notices, quotes, focus, min_group: minGroup }: ReportDocument): SafeHtml {
  const facts: [string, string | undefined][] = [
    ['File', source.path],
    ['Made from', source.inputs?.join(', ')],
    ['Text', source.text_columns.join(', ') || undefined],
    ['Bundle', source.bundle && `${source.bundle.name} ${source.bundle.version}`],
    ['Scored', source.started_at],
    ['voxpop', source.voxpop],
    ['Compared by', `${focus.task} = ${focus.labels.join(', ')}`],
    ['Least comments of a group', count(minGroup)],
    ['Seed', String(quotes.seed)],
  ];
  return html`<footer>
    <h2>About this report</h2>
    <p>
      Figures are counts of the whole file, but for the comments shown and the groups of suggestions and
      questions, which are of samples where there are many. Intervals are of 95 %: what chance alone lets
      expect.
    </p>
    <dl>
      ${facts.map(
        ([name, value]) =>
          value !== undefined &&
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${notices.map((notice) => html`<p>${notice}.</p>`)}
  </footer>`;
}
