/** Somebody beside the runner meddles while it executes: with the record, with what is executed, with the runner itself. */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { need } from '../support/machine-need.ts';
import { openScene, type Scene, type SceneEnd, sceneContradictions, type SceneOptions, scenePlan, waiting } from './fault-scene.ts';
import { sampled } from '../support/sampled.ts';

let scene: Scene;
afterEach(() => scene.close());

/** Runs; the act is done when the step in the middle has begun, and the step ends after it. */
async function meddle(
  act: () => void,
  { before, ownTool = false, ...options }: SceneOptions & { readonly before?: () => unknown; readonly ownTool?: boolean } = {},
): Promise<SceneEnd> {
  scene = openScene({ middle: waiting, ownTool });
  await before?.();
  const { ended } = scene.start(options);
  await scene.middle(ended);
  act();
  scene.go();
  return ended;
}

const journal = (): string => join(scene.execution(), 'journal.jsonl');
const ledger = (): string => join(scene.out, 'ledger.jsonl');
const forged = '2020-01-01T00-00-00Z-aaaaaa';

/** The same bytes, but for one in the middle, in the same file. */
function flipByte(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('"shell"');
  bytes.write('S', at + 1);
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
}

interface Meddling {
  readonly act: () => void;
  readonly says: RegExp;
  /** The steps after the one in the middle are not begun. */
  readonly stops: boolean;
  /** Nothing is found in the record afterwards, because the record itself tells it. */
  readonly whole?: true;
}

const ofTheRecord: Readonly<Record<string, Meddling>> = {
  'the journal is deleted': { act: () => unlinkSync(journal()), says: /error\[journal\/disturbed\]: the journal is no longer there/, stops: true },
  'the journal is replaced by a copy': {
    act: () => {
      const bytes = readFileSync(journal());
      unlinkSync(journal());
      writeFileSync(journal(), bytes);
    },
    says: /error\[journal\/disturbed\]: another file was put in the place of the journal/,
    stops: true,
  },
  'the journal is cut': {
    act: () => truncateSync(journal(), 100),
    says: /error\[journal\/disturbed\]: the journal was cut from \d+ to 100 bytes/,
    stops: true,
  },
  'a byte of the journal is edited': {
    act: () => flipByte(journal()),
    says: /error\[journal\/disturbed\]: the journal on the disk is not what was written to it/,
    stops: true,
  },
  'a line is added to the journal': {
    act: () => appendFileSync(journal(), '{}\n'),
    says: /error\[journal\/disturbed\]: somebody else wrote into the journal/,
    stops: true,
  },
  'the folder of the execution is removed': {
    act: () => rmSync(scene.execution(), { recursive: true }),
    says: /error\[journal\/disturbed\]: the journal is no longer there/,
    stops: true,
  },
  'the output folder is moved away': {
    act: () => renameSync(scene.out, `${scene.out}-away`),
    says: /error\[journal\/disturbed\]: the journal is no longer there/,
    stops: true,
  },
  'the ledger is removed': {
    act: () => unlinkSync(ledger()),
    says: /error\[journal\/ledger-unusable\]: the ledger does not know this execution any more/,
    stops: false,
  },
  'a line of the ledger is edited': {
    act: () => writeFileSync(ledger(), readFileSync(ledger(), 'utf8').replace('"path":"plan.md"', '"path":"plun.md"')),
    says: /error\[journal\/ledger-unusable\]: lines of the ledger were changed during the execution/,
    stops: false,
  },
  'evidence is edited': {
    act: () => {
      const folder = join(scene.execution(), 'evidence/sha256');
      for (const name of readdirSync(folder)) appendFileSync(join(folder, name), 'x');
    },
    says: /error\[journal\/evidence-changed\]/,
    stops: false,
  },
  'evidence is removed': {
    act: () => rmSync(join(scene.execution(), 'evidence'), { recursive: true }),
    says: /error\[journal\/evidence-missing\]/,
    stops: false,
  },
  'a verdict is laid beside the journal': {
    act: () => writeFileSync(join(scene.execution(), 'verdict.json'), '{"verdict":"passed","exitCode":0}'),
    says: /error\[execute\/planted-file\]/,
    stops: false,
    whole: true,
  },
  'a verdict is laid there, and the journal deleted': {
    act: () => {
      writeFileSync(join(scene.execution(), 'verdict.json'), '{"verdict":"passed","exitCode":0}');
      unlinkSync(journal());
    },
    says: /error\[journal\/disturbed\]: the journal is no longer there/,
    stops: true,
  },
};

describe('the record', () => {
  test.each(sampled(Object.entries(ofTheRecord), 3))('%s: exit 5', async (_, { act, says, stops, whole }) => {
    const end = await meddle(act);
    expect(end.stderr).toMatch(says);
    expect(end.exitCode).toBe(5);
    expect(scene.marked(4)).toBe(!stops);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode === 0).toBe(whole === true);
  });

  test('`latest` led elsewhere is set right, and said', async () => {
    const end = await meddle(() => {
      unlinkSync(join(scene.out, 'latest'));
      mkdirSync(join(scene.out, 'executions', forged));
      writeFileSync(join(scene.out, 'executions', forged, 'verdict.json'), '{"verdict":"passed","exitCode":0}');
      symlinkSync(join('executions', forged), join(scene.out, 'latest'));
    });
    expect(end.stderr).toContain(`warning[journal/latest-turned]: \`${join(scene.out, 'latest')}\` led to \`executions/${forged}\` when the execution ended`);
    expect(end.exitCode).toBe(0);
    expect(sceneContradictions(scene, end)).toEqual([]);
  });
});

const ofTheDocuments: Readonly<
  Record<string, { readonly before?: () => void; readonly act: () => void; readonly says: RegExp; readonly arguments?: readonly string[] }>
> = {
  'the plan is edited': {
    act: () => appendFileSync(join(scene.folder, 'plan.md'), '\nMore.\n'),
    says: /error\[execute\/document-changed\]: `plan\.md` was edited during the execution/,
  },
  'the plan is removed': {
    act: () => unlinkSync(join(scene.folder, 'plan.md')),
    says: /error\[execute\/document-changed\]: `plan\.md` was removed during the execution/,
  },
  'the addendum is edited': {
    before: () => writeFileSync(join(scene.folder, 'plan.addendum.yaml'), 'plan: plan.md\n'),
    act: () => appendFileSync(join(scene.folder, 'plan.addendum.yaml'), '# more\n'),
    says: /error\[execute\/document-changed\]: `plan\.addendum\.yaml` was edited during the execution/,
  },
  'an addendum is made': {
    act: () => writeFileSync(join(scene.folder, 'plan.addendum.yaml'), ''),
    says: /plan\.addendum\.yaml`, which would be read with the plan, was made during the execution/,
  },
  'the configuration is edited': {
    before: () => writeFileSync(join(scene.folder, 'proofplan.config.yaml'), 'environments:\n  here: { workspace: ., database: embedded }\ndefault: here\n'),
    act: () => appendFileSync(join(scene.folder, 'proofplan.config.yaml'), '# more\n'),
    says: /error\[execute\/document-changed\]: `[^`]*proofplan\.config\.yaml` was edited during the execution/,
  },
  'a configuration is made': {
    act: () => writeFileSync(join(scene.folder, 'proofplan.config.yaml'), ''),
    says: /proofplan\.config\.yaml`, which would be read with the plan, was made during the execution/,
  },
};

describe('what is executed', () => {
  test.each(sampled(Object.entries(ofTheDocuments), 3))('%s: exit 5, and no further step begins', async (_, { before, act, says }) => {
    const end = await meddle(act, before === undefined ? {} : { before });
    expect(end.stderr.replace(/\n\s+/g, ' ')).toMatch(says);
    expect(end.exitCode).toBe(5);
    expect(scene.marked(4)).toBe(false);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });

  test('the lock of a locked execution is edited', async () => {
    const end = await meddle(() => appendFileSync(join(scene.folder, 'plan.lock'), '\n'), {
      before: async () => expect(await scene.run({ command: ['lock', 'plan.md'] })).toMatchObject({ exitCode: 0 }),
      arguments: ['--locked'],
    });
    expect(end.stderr.replace(/\n\s+/g, ' ')).toMatch(/error\[execute\/document-changed\]: `[^`]*plan\.lock` was edited/);
    expect(end.exitCode).toBe(5);
    expect(sceneContradictions(scene, end)).toEqual([]);
  });

  test('the program of the runner itself is edited', async () => {
    const end = await meddle(() => appendFileSync(join(scene.tool, 'dist/proofplan.js'), '// edited\n'), { ownTool: true });
    expect(end.stderr.replace(/\n\s+/g, ' ')).toMatch(
      /error\[execute\/runner-changed\]: `[^`]*dist\/proofplan\.js` of the runner itself changed during the execution/,
    );
    expect(end.exitCode).toBe(5);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });

  test('in JSON, too, the verdict is the one of the exit code', async () => {
    const end = await meddle(() => writeFileSync(join(scene.execution(), 'verdict.json'), '{"verdict":"passed","exitCode":0}'), { arguments: ['--json'] });
    expect(end.exitCode).toBe(5);
    expect(JSON.parse(end.stdout)).toMatchObject({ verdict: 'error', exitCode: 5, diagnostics: [{ code: 'execute/planted-file' }] });
  });

  test('an edit that is taken back before the step ends is told all the same, or cannot have mattered', async () => {
    const end = await meddle(() => {
      writeFileSync(join(scene.folder, 'plan.md'), `${scenePlan}\n`);
      writeFileSync(join(scene.folder, 'plan.md'), scenePlan);
    });
    // What was compiled is executed, and stands in the record; the file is again what it was.
    expect(end.exitCode).toBe(0);
    expect(sceneContradictions(scene, end)).toEqual([]);
  });
});

/** Shell text after which bubblewrap is no program any more, for the runner and all that it starts. */
const withoutBubblewrap = [
  `exec unshare ${process.getuid?.() === 0 ? '-m' : '-rm'} sh -c '`,
  'for each in /usr/bin/bwrap /bin/bwrap /usr/local/bin/bwrap; do [ ! -e "$each" ] || mount --bind /dev/null "$each"; done; exec "$@"',
  `' sh "$@"`,
].join('');

/** What the step in the middle does to the record, as a shell script that always ends well. */
const scripts: Readonly<Record<string, { readonly script: string; readonly says: RegExp }>> = {
  'removes the journal': { script: 'rm -f .proofplan/executions/*/journal.jsonl; true', says: /journal\/disturbed/ },
  'adds to the journal': {
    script: 'for each in .proofplan/executions/*/journal.jsonl; do echo "{}" >> "$each"; done 2>/dev/null; true',
    says: /journal\/disturbed/,
  },
  'edits the journal': { script: `sed -i 's/"exitCode":0/"exitCode":1/' .proofplan/executions/*/journal.jsonl 2>/dev/null; true`, says: /journal\/disturbed/ },
  'lays a verdict there': {
    script: `for each in .proofplan/executions/*; do echo '{"verdict":"passed","exitCode":0}' > "$each/verdict.json"; done 2>/dev/null; true`,
    says: /execute\/planted-file/,
  },
  'empties the ledger': { script: 'true 2>/dev/null > .proofplan/ledger.jsonl; true', says: /journal\/ledger-unusable/ },
  'edits the plan': { script: 'echo >> plan.md; true', says: /execute\/document-changed/ },
};

describe('a step itself, where nothing keeps it apart from the record', () => {
  test.each(Object.entries(scripts))('%s: exit 5', async (_, { script, says }) => {
    scene = openScene({ middle: script });
    const end = await scene.run({ limits: withoutBubblewrap });
    expect(end.stderr).toMatch(says);
    expect(end.exitCode).toBe(5);
    expect(sceneContradictions(scene, end)).toEqual([]);
  });

  test('kept apart, it reaches none of it', async (context) => {
    need(context, 'bubblewrap');
    scene = openScene({
      middle: Object.values(scripts)
        .map(({ script }) => script)
        .join('; '),
    });
    const end = await scene.run();
    expect(end).toMatchObject({ exitCode: 0 });
    expect(sceneContradictions(scene, end)).toEqual([]);
  });
});
