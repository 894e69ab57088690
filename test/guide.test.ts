/**
 * What a page below docs/ shows is executed, in order, and prints what it shows (`…` stands for anything): in one shell a page,
 * with the files that the page holds, and beside what it says is there. A page that shows a command is found by itself.
 */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProgram } from './support/command.ts';
import { GuideShell, makeGuideFolder, type GuideFolder } from './support/guide-folder.ts';
import { need, type MachineNeed } from './support/machine-need.ts';
import { outsideServer } from './support/outside-server.ts';
import { commandsOf, pagePaths, readPage, type Page, type ShownCommand } from './support/page.ts';
import { findClientPython } from './support/python-client.ts';
import { expectShown } from './support/shown-output.ts';

const pages = pagePaths()
  .filter((path) => path.startsWith('docs/') && !path.startsWith('docs/reference/'))
  .map(readPage)
  .filter((page) => commandsOf(page).length > 0);

/** By their names in the commands and files of a page. */
const programs: readonly MachineNeed[] = ['psql', 'pg_dump'];

// Two pages at a time: they share nothing, and much of their time is waiting (for a server to start, for a disk, for a time limit).
const lanes = [0, 1].map((lane) => pages.filter((_, index) => index % 2 === lane));

describe.concurrent.each(lanes)('%#', (...lane) => {
  describe.sequential.each(lane)('$path', (page) => {
    playPage(page);
  });
});

function playPage(page: Page): void {
  const commands = commandsOf(page);
  const text = page.blocks.map((block) => block.text).join('\n');
  const embedded = /-d embedded|db url/.test(text);
  let folder: GuideFolder;
  let shell: GuideShell;
  let server: Awaited<ReturnType<typeof outsideServer>> | undefined;

  beforeAll(async () => {
    if (text.includes('$ADMIN_URL')) server = await outsideServer();
    folder = makeGuideFolder(page, await findClientPython(), server?.environment ?? {});
    if (embedded) await startEmbedded(folder.cwd);
    shell = new GuideShell(folder);
  });
  afterAll(async () => {
    shell.end();
    if (embedded) await startProgram(['db', 'stop'], { cwd: folder.cwd }).ended;
    await server?.close();
    folder.remove();
  });

  test.for(commands)('$line', async (command, context) => {
    for (const program of programs) if (text.includes(program)) need(context, program);
    if (text.includes('$POOL_URL')) need(context, 'pgbouncer');
    folder.placeFiles(command.lineNumber);
    const { printed, exitCode } = await shell.ask(command.line);
    expectShown(command.shown, printed.split('\n'));
    if (!tellsOfFailure(command, commands)) expect(exitCode, `\`${command.line}\` failed, and the page does not say so:\n${printed}`).toBe(0);
  });
}

/** Two tables, one with a row: what the pages about single commands speak of. */
async function startEmbedded(cwd: string): Promise<void> {
  await startProgram(['db', 'start'], { cwd }).ended;
  const client = new Client({ connectionString: (await startProgram(['db', 'url'], { cwd }).ended).stdout.trim() });
  await client.connect();
  await client.query("CREATE TABLE runs (id integer, status text); INSERT INTO runs VALUES (1, 'queued'); CREATE TABLE notes (body text)");
  await client.end();
}

/** A reader sees that a command does not end well: by its messages, or by the exit code that is shown next. */
function tellsOfFailure(command: ShownCommand, commands: readonly ShownCommand[]): boolean {
  const next = commands[commands.indexOf(command) + 1];
  return next?.line === 'echo $?' || command.shown.some((line) => /\b(?:error|failed|refused?|unproven)\b|ERROR|\breview\//.test(line));
}
