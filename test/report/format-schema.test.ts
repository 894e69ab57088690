/** The schemas of what other programs read: every record is as they say, and none of them takes anything back. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, test } from 'vitest';
import { readJournal } from '../../src/journal/journal-reader.ts';
import { renderEvent, renderEvents } from '../../src/report/report-events.ts';
import { sampleEvents } from '../support/sample-execution.ts';
import { goldenRecords, root } from './format-record.ts';

type Schema = Readonly<Record<string, unknown>>;

const options = { strict: true, strictRequired: false, allowUnionTypes: true, discriminator: true, inlineRefs: false };

function readSchema(path: string): Schema {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as Schema;
}

function compile(path: string): ValidateFunction {
  return new Ajv(options).compile(readSchema(path));
}

/** Their ends were written by the journal's own writer and not by an execution (`fixtures/journal/README.md`); so was their verdict.json. */
const handMade = new Set([
  'nul-resumed',
  'resumed',
  'tampered-before-resumption',
  'tampered-step-attempt',
  'tampered-torn-line',
  'torn-resumed',
  'torn-thrice-resumed',
]);

const today = { event: 'schemas/event.schema.json', verdict: 'schemas/verdict.schema.json' };
const kept = { event: 'fixtures/format/v1/event.schema.json', verdict: 'fixtures/format/v1/verdict.schema.json' };

describe.each(Object.entries({ today, kept }))('by the schemas of %s', (_, paths) => {
  const isEvent = compile(paths.event);
  const isVerdict = compile(paths.verdict);

  test.each(goldenRecords)('the record $name', async ({ name, folder }) => {
    for await (const text of renderEvents(join(folder, 'journal.jsonl'))) {
      const valid = isEvent(JSON.parse(text));
      expect({ text, errors: valid ? [] : isEvent.errors }).toEqual({ text, errors: [] });
    }
    const file = join(folder, 'verdict.json');
    // What somebody tampered with is not ours any more.
    if (!existsSync(file) || folder.includes('tampered-verdict')) return;
    const verdict = JSON.parse(readFileSync(file, 'utf8')) as Schema;
    if (handMade.has(name)) return;
    const valid = isVerdict(verdict);
    expect(valid ? [] : isVerdict.errors).toEqual([]);
  });

  test('the events of the sample', () => {
    for (const { kind, data, seq, ts } of sampleEvents()) {
      const line = renderEvent({ v: 1, execution: 'x', kind, seq, ts, data: { ...data }, prev: '' }) ?? '';
      expect({ line, errors: isEvent(JSON.parse(line)) ? [] : isEvent.errors }).toEqual({ line, errors: [] });
    }
  });

  test('nothing else', () => {
    const line = { schemaVersion: 1, execution: 'x', seq: 1, ts: '2026-02-09T12:00:00.000Z', kind: 'closed', data: { verdict: 'passed' } };
    expect(isEvent(line)).toBe(true);
    for (const key of Object.keys(line)) expect({ key, valid: isEvent({ ...line, [key]: undefined }) }).toEqual({ key, valid: false });
    for (const wrong of [{ schemaVersion: 2 }, { kind: 'unheard-of' }, { data: { verdict: 'great' } }, { kind: 'verdict' }, { more: 1 }]) {
      expect({ wrong, valid: isEvent({ ...line, ...wrong }) }).toEqual({ wrong, valid: false });
    }
  });
});

test('the golden records hold every way in which a journal ends, and most kinds', async () => {
  const kinds = new Set<string>();
  for (const { folder } of goldenRecords) for await (const line of readJournal(join(folder, 'journal.jsonl'))) kinds.add(line.entry?.kind ?? 'none');
  for (const kind of ['opened', 'resumed', 'step-started', 'step-ended', 'step-not-run', 'expectation', 'policy-enforced', 'diagnostic', 'verdict', 'closed'])
    expect(kinds).toContain(kind);
});

/**
 * What a reader of the kept version may rely on and does not find any more: a field that was always there, a kind of value that it was
 * told of. What is new may be added wherever an object was said to grow.
 */
function* losses(before: unknown, after: unknown, place = ''): Generator<string> {
  if (!isSchema(before)) return;
  if (!isSchema(after)) {
    yield `${place} is gone`;
    return;
  }
  for (const key of asList(before['required'])) if (!asList(after['required']).includes(key)) yield `${place} ${String(key)} is not required any more`;
  const [known, known2] = [types(before), types(after)];
  if (known.length > 0) for (const type of known2) if (!known.includes(type)) yield `${place} may be ${String(type)} now`;
  // Longer lists of words would be met by a reader that knows none of them.
  if (place === '/properties/kind' || asList(before['enum']).length === 0) yield* [];
  else for (const word of asList(after['enum'])) if (!asList(before['enum']).includes(word)) yield `${place} may be ${String(word)} now`;
  if ('enum' in before && !('enum' in after) && !('const' in after)) yield `${place} may be anything now`;
  if ('const' in before && before['const'] !== after['const']) yield `${place} is not ${String(before['const'])} any more`;
  if ('$ref' in before && before['$ref'] !== after['$ref']) yield `${place} is something else now`;
  if ('pattern' in before && before['pattern'] !== after['pattern']) yield `${place} has another form now`;
  for (const part of ['properties', 'definitions'] as const) {
    for (const [key, inner] of Object.entries((before[part] ?? {}) as Schema))
      yield* losses(inner, ((after[part] ?? {}) as Schema)[key], `${place}/${part}/${key}`);
  }
  if ('items' in before) yield* losses(before['items'], after['items'], `${place}/items`);
  const branches = asList(after['oneOf']).filter(isSchema);
  for (const branch of asList(before['oneOf']).filter(isSchema)) {
    const own = constOf(branch);
    yield* losses(
      branch,
      branches.find((each) => constOf(each) === own),
      `${place}/${own}`,
    );
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function types(schema: Schema): readonly unknown[] {
  return [schema['type']].flat().filter((type) => type !== undefined);
}

function constOf(branch: Schema): string {
  const kind = ((branch['properties'] ?? {}) as Schema)['kind'];
  return isSchema(kind) ? String(kind['const']) : '';
}

describe.each(['event', 'verdict'] as const)('%s.schema.json keeps its promise', (name) => {
  const before = readSchema(kept[name]);

  test('nothing that version 1 promised is gone', () => {
    expect([...losses(before, readSchema(today[name]))]).toEqual([]);
  });

  test('the comparison notices what would break a reader', () => {
    const changed = (change: (schema: Record<string, never>) => void): readonly string[] => {
      const copy = structuredClone(before) as Record<string, never>;
      change(copy);
      return [...losses(before, copy)];
    };
    const definition = name === 'event' ? 'event-step-ended' : 'diagnostic';
    type Any = { properties: Record<string, Any>; required: string[]; definitions: Record<string, Any>; enum?: unknown[]; type?: unknown };
    const of = (schema: unknown): Any => (schema as Any).definitions[definition] as Any;
    const field = name === 'event' ? 'outputs' : 'message';
    expect(changed((schema) => delete of(schema).properties[field])).not.toEqual([]);
    expect(changed((schema) => void (of(schema).required = []))).not.toEqual([]);
    expect(changed((schema) => void ((of(schema).properties[field] as Any).type = ['string', 'number', 'null']))).not.toEqual([]);
    expect(changed((schema) => void ((schema as unknown as Any).definitions['verdict'] as Any).enum?.push('great'))).not.toEqual([]);
    expect(changed((schema) => delete (schema as unknown as Any).definitions['verdict'])).not.toEqual([]);
  });

  test('growth is no loss', () => {
    const copy = structuredClone(before) as { properties: Record<string, unknown> };
    copy.properties['more'] = { type: 'string' };
    expect([...losses(before, copy)]).toEqual([]);
  });
});
