/**
 * Looks for canaries (ASCII) in bytes, whatever they were encoded with. Knows nothing of the forms that the product masks: it decodes
 * everything that could be an encoding, again and again, and looks at what comes out.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Layers of encodings; fewer where there is much to decode. */
const most = (length: number): number => (length > 300_000 ? 1 : length > 50_000 ? 2 : 3);

/** The ways in which a canary can be read from the bytes: `canary: raw`, `canary: base64 < percent`, …; none where none is there. */
export function findCanaries(bytes: Buffer, canaries: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const shortest = Math.min(...canaries.map((canary) => canary.length));
  // Fillings say nothing, and take long to decode.
  const begun = bytes.toString('latin1').replace(/([.~=x-])\1{80,}/g, '$1');
  const deepest = most(begun.length);
  const look = (text: string, path: readonly string[]): void => {
    if (seen.has(text)) return;
    seen.add(text);
    for (const canary of canaries) if (text.includes(canary)) found.add(`${canary}: ${path.join(' < ') || 'raw'}`);
    if (path.length >= deepest) return;
    for (const [name, decode] of Object.entries(decoders)) for (const decoded of decode(text)) if (decoded.length >= shortest) look(decoded, [name, ...path]);
  };
  look(begun, []);
  return [...found];
}

/** Every file and every name below a folder in which a canary can be read. */
export function searchFolder(folder: string, canaries: readonly string[]): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const content = entry.isFile() ? readFileSync(path) : entry.isSymbolicLink() ? Buffer.from(readlinkSync(path)) : Buffer.alloc(0);
    return [
      ...findCanaries(Buffer.from(entry.name), canaries).map((way) => `the name of ${path}: ${way}`),
      ...findCanaries(content, canaries).map((way) => `${path}: ${way}`),
    ];
  });
}

const unhex = (digits: string): string => String.fromCharCode(Number.parseInt(digits, 16) & 0xffff);
const utf8 = (code: number): string => Buffer.from(String.fromCodePoint(Math.min(code, 0x10ffff))).toString('latin1');

const decoders: Readonly<Record<string, (text: string) => readonly string[]>> = {
  percent: (text) => [text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => unhex(digits))],
  plus: (text) => [text.replaceAll('+', ' ')],
  'quoted-printable': (text) => [text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, digits: string) => unhex(digits))],
  escape: (text) => [
    text
      .replace(/\\+u\{([0-9a-f]{1,6})\}/gi, (_, digits: string) => utf8(Number.parseInt(digits, 16)))
      .replace(/\\+u([0-9a-f]{4})/gi, (_, digits: string) => utf8(Number.parseInt(digits, 16)))
      .replace(/\\+U([0-9a-f]{8})/g, (_, digits: string) => utf8(Number.parseInt(digits, 16)))
      .replace(/\\+x([0-9a-f]{2})/gi, (_, digits: string) => unhex(digits))
      .replace(/\\+([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
  ],
  'sql unicode': (text) => [
    text.replace(/\\\+([0-9a-f]{6})|\\([0-9a-f]{4})/gi, (_, six?: string, four?: string) => utf8(Number.parseInt(six ?? four ?? '0', 16))),
  ],
  backslash: (text) => [text.replace(/\\+n/g, '\n').replace(/\\+([^a-z0-9])/gi, '$1'), text.replaceAll('\\', '')],
  doubled: (text) => [text.replace(/(["'%{}$`])\1/g, '$1'), text.replaceAll(`'"'"'`, "'").replaceAll(`'\\''`, "'")],
  entity: (text) => [
    text
      .replace(/&#x([0-9a-f]+);/gi, (_, digits: string) => utf8(Number.parseInt(digits, 16)))
      .replace(/&#(\d+);/g, (_, digits: string) => utf8(Number(digits)))
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  ],
  base64: (text) => [...base64Runs(text), ...base64Runs(text.replace(/(?:\\+[rn]|\s)+/g, ''))],
  hex: (text) =>
    (text.match(/(?:[0-9a-f]{2}(?:[\s:,.-]|0x|\\+x|%){0,3}){6,}/gi) ?? []).flatMap((run) => {
      const digits = run.replace(/0x|\\+x|[^0-9a-f]/gi, '');
      return [Buffer.from(digits, 'hex').toString('latin1'), Buffer.from(digits.slice(1), 'hex').toString('latin1')];
    }),
  'utf-16': (text) => (text.includes('\0') ? [text.replaceAll('\0', '')] : []),
  lines: (text) => [text.replace(/\r?\n[ \t]*/g, '')],
};

function base64Runs(text: string): readonly string[] {
  return (text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? []).flatMap((run) => [0, 1, 2, 3].map((shift) => Buffer.from(run.slice(shift), 'base64').toString('latin1')));
}
