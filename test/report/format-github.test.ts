/** GitHub: annotations read as the runner reads them (actions/runner, ActionCommand.cs), the summary by a parser of Markdown. */
import { unified } from 'unified';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import type { Nodes, Root } from 'mdast';
import { describe, expect, test } from 'vitest';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { renderAnnotations } from '../../src/report/github-annotation.ts';
import { renderSummary } from '../../src/report/github-summary.ts';
import type { ReportedPlan } from '../../src/report/report-finding.ts';
import { sampleEvents } from '../support/sample-execution.ts';
import { passedEvents, recordOf } from './format-record.ts';

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** As the runner does: a line that begins with `::` after its white space; the first `::` behind ends the properties. */
function readCommands(output: string): readonly Command[] {
  return output.split('\n').flatMap((line) => {
    const found = /^\s*::([^\s:]+)(?: (.*?))?::(.*)$/s.exec(line);
    if (found === null) return [];
    const unescape = (text: string): string => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
    const pairs = (found[2] ?? '').split(',').map((pair) => pair.trim().split('='));
    const properties = pairs.map(([key = '', ...rest]) => [key, unescape(rest.join('=').replaceAll('%3A', ':').replaceAll('%2C', ','))] as const);
    return [{ name: found[1] ?? '', properties: Object.fromEntries(properties), data: unescape(found[3] ?? '') }];
  });
}

const pathOf = (path: string): string => path;

function annotations(...plans: readonly ReportedPlan[]): readonly Command[] {
  const text = renderAnnotations(plans, { pathOf });
  const commands = readCommands(text);
  expect(commands).toHaveLength(text.split('\n').length - 1);
  return commands;
}

function messages(number: number, severity: 'failed' | 'refused' | 'warning'): readonly ExecutionEvent[] {
  return Array.from({ length: number }, (_, index) => ({
    kind: 'diagnostic',
    seq: 100 + index,
    ts: '2026-02-09T12:00:09.000Z',
    data: { severity, code: 'execute/expectation-not-met', message: `${severity} ${index}` },
  }));
}

describe('annotations', () => {
  test('the verdict first, then what kept it from passing, each at its line', () => {
    expect(annotations({ record: recordOf() })).toEqual([
      {
        name: 'error',
        properties: { file: 'plans/sample.md', line: '1', title: 'failed: plans/sample.md' },
        data: 'verdict failed: `m == 2` does not hold: 3 is not 2\nhelp: look at the execution with `proofplan show`',
      },
      {
        name: 'error',
        properties: { file: 'plans/sample.md', line: '12', col: '8', endColumn: '14', title: 'failed[engine/wrong-type] plans/sample.md' },
        data: '`m == 2` does not hold: 3 is not 2\nm is 3',
      },
    ]);
  });

  test('a pass is one notice; a cut record and a plan that was never opened are errors', () => {
    expect(annotations({ record: recordOf(passedEvents()) }).map(({ name, properties }) => [name, properties['title']])).toEqual([
      ['notice', 'passed: plans/sample.md'],
    ]);
    expect(annotations({ record: recordOf(passedEvents(), 'the record has no end') }).map(({ name }) => name)).toEqual(['error']);
    expect(annotations({ unopened: { path: 'a.md', reason: 'no', exitCode: 2 } }).map(({ name }) => name)).toEqual(['error']);
  });

  test('ten of a level and no more; refusals before failures; the last counts the rest, over all plans of the command', () => {
    const record = recordOf([...messages(40, 'failed'), ...messages(3, 'refused'), ...messages(11, 'warning'), ...sampleEvents()]);
    const commands = annotations({ record }, { record });
    expect(commands.filter(({ name }) => name === 'error')).toHaveLength(10);
    expect(commands.filter(({ name }) => name === 'warning')).toHaveLength(10);
    expect(commands.slice(0, 8).map(({ data }) => data.split(/[: ]/)[0])).toEqual([
      'verdict',
      'verdict',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
    expect(commands[9]?.data).toMatch(/^81 more errors/);
    expect(commands[19]?.data).toMatch(/^13 more warnings/);
  });

  test('a text cannot end a command, begin another, or add a property', () => {
    const evil = 'a%0A::error::x\r\n::set-env name=A::b,line=9::\u001b]0;t\u0007%';
    const record = recordOf(
      sampleEvents().map(
        (event): ExecutionEvent =>
          event.kind === 'diagnostic' && event.data.span
            ? { ...event, data: { ...event.data, message: evil, help: evil, span: { ...event.data.span, path: `p,x=1:\n::error::${evil}` } } }
            : event,
      ),
    );
    const commands = annotations({ record });
    expect(commands.map(({ name }) => name)).toEqual(['error', 'error']);
    expect(Object.keys(commands[1]?.properties ?? {})).toEqual(['file', 'line', 'col', 'endColumn', 'title']);
    expect(commands[1]?.data).toContain('a%0A::error::x');
    expect(commands[1]?.data).not.toContain('\u001b');
  });
});

const options = { linkOf: () => undefined, mostBytes: 1_000_000 };

function treeOf(markdown: string): Root {
  return unified().use(remarkParse).use(remarkGfm).parse(markdown);
}

function nodesOf(node: Nodes): readonly Nodes[] {
  return [node, ...('children' in node ? node.children.flatMap((child) => nodesOf(child)) : [])];
}

function skeleton(markdown: string): readonly string[] {
  return nodesOf(treeOf(markdown)).map(({ type }) => type);
}

function textOf(markdown: string): string {
  return nodesOf(treeOf(markdown))
    .flatMap((node) => ('value' in node ? [node.value] : []))
    .join('')
    .replaceAll('\u2060', '');
}

describe('the job summary', () => {
  test('verdict with symbol and word, what failed, policies', () => {
    const summary = renderSummary([{ record: recordOf() }], options);
    const text = textOf(summary);
    expect(text).toContain('✗ failed A sample');
    expect(text).toContain('expectation E2 of step 1.2: `m == 2`');
    expect(text).toContain('m is 3');
    expect(text).toContain('P1 no-manual-writes: No manual DB inserts.');
    expect(text).toContain('PREVENTED by gateway; canary insert; 3 permitted, 0 refused');
    expect(new Set(skeleton(summary))).not.toContain('html');
  });

  test('places are links where the repository is known', () => {
    const summary = renderSummary([{ record: recordOf() }], { ...options, linkOf: (path, line) => `https://github.com/o/r/blob/x/${path}#L${line}` });
    const links = nodesOf(treeOf(summary)).flatMap((node) => (node.type === 'link' ? [node.url] : []));
    expect(links).toContain('https://github.com/o/r/blob/x/plans/sample.md#L12');
  });

  test('several plans: a table, those that did not pass first, and no pass of one hides another', () => {
    const summary = renderSummary(
      [{ record: recordOf(passedEvents()) }, { record: recordOf() }, { unopened: { path: 'a.md', reason: 'no', exitCode: 2 } }],
      options,
    );
    expect(textOf(summary)).toContain('2 of 3 plans');
    expect(summary.indexOf('**failed**')).toBeLessThan(summary.indexOf('**passed**'));
    expect(renderSummary([{ record: recordOf(passedEvents()) }, { record: recordOf(passedEvents()) }], options)).toContain('2 plans passed');
  });

  test.each([
    '| a | b |\n| - | - |',
    '<script>alert(1)</script><!-- ',
    '[x](javascript:alert(1)) ![x](http://a/b.png) http://evil.example www.evil.example a@evil.example',
    '`a` ``` ~~~ # * _ ~~x~~ $x$ :tada: @everyone #1 [^1] &lt; &#60;',
    '- a',
    '1. a',
    '=====',
    '+ x',
  ])('%s is text in every place', (evil) => {
    const clean = renderSummary([{ record: recordOf(changed('harmless')) }], options);
    const summary = renderSummary([{ record: recordOf(changed(evil)) }], options);
    expect(skeleton(summary)).toEqual(skeleton(clean));
    expect(textOf(summary)).toContain(evil.replace(/\s+/g, ' '));
  });

  test('what does not fit is counted, and the verdict is there in any case', () => {
    // In UTF-8 each of these signs is three bytes, or four.
    const plans = Array.from({ length: 100 }, (_, number) => ({ record: recordOf(changed((number % 2 === 0 ? '\u6f22' : '\u{1f600}').repeat(250))) }));
    for (const mostBytes of [0, 20, 150_000, 150_001, 150_002, 1_000_000]) {
      const summary = renderSummary(plans, { ...options, mostBytes });
      expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(mostBytes);
      if (mostBytes < 150_000) continue;
      expect(summary).toMatch(/100 of 100 plans/);
      expect(summary.includes('more sections are left out')).toBe(mostBytes < 1_000_000);
    }
  });
});

function changed(text: string): readonly ExecutionEvent[] {
  return sampleEvents().map((event): ExecutionEvent => {
    if (event.kind === 'expectation') return { ...event, data: { ...event.data, text, actual: text } };
    if (event.kind === 'verdict') return { ...event, data: { ...event.data, reason: text } };
    if (event.kind === 'opened') return { ...event, data: { ...event.data, plan: { ...event.data.plan, title: text } } };
    return event.kind === 'policy-enforced' ? { ...event, data: { ...event.data, text, by: text } } : event;
  });
}
