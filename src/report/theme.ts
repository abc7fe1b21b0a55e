import { readFile } from 'node:fs/promises';
import { InputError, UsageError } from '../errors.ts';
import type { ReportLook } from './options.ts';

/** Colours of the page that a theme can set, and what each is for. */
export const themeColours = ['accent', 'negative', 'mixed', 'neutral', 'positive', 'page', 'card'] as const;

const exampleTheme = '#0a5 or accent=#0a5,negative=#c00';

/** Larger pictures make a page that nobody can mail. */
const maxLogoBytes = 1 << 20;

/** Pictures by how their file begins. */
const pictureKinds: [type: string, starts: (bytes: Buffer) => boolean][] = [
  ['image/png', (bytes) => bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', (bytes) => bytes.subarray(0, 3).toString('latin1') === '\xff\xd8\xff'],
  ['image/gif', (bytes) => /^GIF8[79]a/u.test(bytes.subarray(0, 6).toString('latin1'))],
  [
    'image/webp',
    (bytes) =>
      bytes.subarray(0, 4).toString('latin1') === 'RIFF' &&
      bytes.subarray(8, 12).toString('latin1') === 'WEBP',
  ],
  ['image/svg+xml', (bytes) => /<svg[\s>]/iu.test(bytes.subarray(0, 4096).toString('utf8'))],
];

/**
 * Style rules for the colours of a theme: in dark mode the colours of what is drawn are lighter by a fifth.
 * @throws UsageError for what is no colour
 */
export function themeStyle(theme: string | undefined): string {
  if (theme === undefined) return '';
  const colours = theme.split(',').map((part): [string, string] => {
    const [name, colour] = part.includes('=') ? (part.split('=', 2) as [string, string]) : ['accent', part];
    const isKnown = themeColours.some((each) => each === name.trim());
    if (isKnown && /^#(?:[\da-f]{3}|[\da-f]{6})$/iu.test(colour.trim())) return [name.trim(), colour.trim()];
    throw new UsageError(
      'OPTION_INVALID',
      `Expected --theme to be like ${exampleTheme}, got ${part.trim()}`,
      {
        hint: `Colours are those of ${themeColours.join(', ')}, each like #0a5 or #00aa55.`,
      },
    );
  });
  const surfaces = ['page', 'card'];
  const light = colours.map(([name, colour]) => `--${name}:${colour}`).join(';');
  const dark = colours
    .filter(([name]) => !surfaces.includes(name))
    .map(([name, colour]) => `--${name}:color-mix(in srgb,${colour} 80%,#fff)`)
    .join(';');
  return `:root{${light}}@media screen and (prefers-color-scheme:dark){:root{${surfaces.map((name) => `--${name}:${darkSurfaces[name as keyof typeof darkSurfaces]}`).join(';')};${dark}}}`;
}

/** Surfaces in dark mode, whatever a theme says for light mode. */
const darkSurfaces = { page: '#0f1218', card: '#181c25' } as const;

/**
 * A picture as an address that holds it, so that the page needs no second file.
 * @throws InputError when there is no such file, or it is no picture
 */
export async function logoAddress(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new InputError(
      'LOGO_INVALID',
      `expected a picture, found none: ${cause.message}`,
      { file: path },
      { cause },
    );
  });
  const type = pictureKinds.find(([, starts]) => starts(bytes))?.[0];
  if (type === undefined) {
    throw new InputError(
      'LOGO_INVALID',
      'expected a picture (PNG, JPEG, GIF, WebP or SVG), found something else',
      { file: path },
    );
  }
  if (bytes.length > maxLogoBytes) {
    throw new InputError(
      'LOGO_INVALID',
      `expected a picture of at most ${maxLogoBytes} bytes, found ${bytes.length}`,
      { file: path },
    );
  }
  return `data:${type};base64,${bytes.toString('base64')}`;
}

/** @throws UsageError, InputError for a look that a page cannot have */
export async function checkLook({ theme, logo }: ReportLook): Promise<void> {
  themeStyle(theme);
  if (logo !== undefined) await logoAddress(logo);
}
