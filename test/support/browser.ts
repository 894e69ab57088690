/** A real browser for tests of pages: Chromium out of a package, taken out of its archive once for all tests and whole or not at all. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import axe from 'axe-core';
import { root } from './command.ts';

const cache = join(root, 'node_modules/.cache/proofplan-test');
const folder = join(cache, 'chromium-147');

async function browserProgram(): Promise<string> {
  const program = join(folder, 'chromium');
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'chromium-'));
  const script = "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())";
  await promisify(execFile)(process.execPath, ['-e', script], { cwd: root, env: { ...process.env, TMPDIR: fresh } });
  try {
    renameSync(fresh, folder);
  } catch {
    // Another test file was first.
    rmSync(fresh, { recursive: true, force: true });
  }
  return program;
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await browserProgram(), args: ['--no-sandbox', '--disable-gpu'] });
}

/** What a page asks for, says and does by itself: nothing of it may be anything but its own file. */
export function watchPage(page: Page): { readonly requests: string[]; readonly said: string[] } {
  const requests: string[] = [];
  const said: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('dialog', (dialog) => said.push(`dialog: ${dialog.message()}`));
  return { requests, said };
}

/** Violations of WCAG 2.2 A and AA, each in a line. The page's context must bypass its policy, so that axe can run in it. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: injected } = globalThis as unknown as { readonly axe: typeof import('axe-core') };
    const found = await injected.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return found.violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ html }) => html)
          .join(' ')
          .slice(0, 500)}`,
    );
  });
}
