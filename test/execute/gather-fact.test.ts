/** What is looked up in kept outputs, tried against real files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Claim } from '../../src/model/claim.ts';
import type { OutputEvidence, StepEvidence } from '../../src/model/evidence.ts';
import { createBindingStore } from '../../src/execute/binding-store.ts';
import { gatherFact } from '../../src/execute/gather-fact.ts';
import { judgeExpectation } from '../../src/execute/judge-expectation.ts';
import type { Judgement } from '../../src/execute/judgement.ts';
import { spanAt } from './sample-plan.ts';

const evidenceFolder = mkdtempSync(join(tmpdir(), 'proofplan-gather-'));
mkdirSync(join(evidenceFolder, 'sha256'));
afterAll(() => rmSync(evidenceFolder, { recursive: true, force: true }));

let files = 0;
function kept(stream: 'stdout' | 'stderr', text: string): OutputEvidence {
  files += 1;
  const sha256 = String(files);
  writeFileSync(join(evidenceFolder, 'sha256', sha256), text);
  const lines = text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { stream, bytes: Buffer.byteLength(text), lines, sha256, head: text.slice(0, 4_096), tail: text.length > 4_096 ? text.slice(-4_096) : '' };
}

async function judged(claim: Claim, evidence: Partial<StepEvidence>): Promise<Judgement> {
  const expectation = { id: 'e', step: '1.1', text: 'claim', span: spanAt(1), claim, origin: 'text' } as const;
  const whole: StepEvidence = { outcome: 'completed', durationMs: 1, observations: [], exitCode: 0, ...evidence };
  const names = createBindingStore([]);
  const gathered = await gatherFact(expectation, whole, { workspace: '.', evidenceFolder, names, chainOf: () => undefined });
  return judgeExpectation(expectation, { evidence: whole, names, statements: [], producers: [], ...(gathered ? { gathered } : {}) });
}

const output = (
  operator: Extract<Claim, { kind: 'output' }>['operator'],
  text: string,
  more: { negated?: boolean; stream?: 'stdout' | 'stderr' } = {},
): Claim => ({ kind: 'output', operator, text, negated: false, ...more });
const printed = (stdout: string, stderr = ''): Partial<StepEvidence> => ({ outputs: [kept('stdout', stdout), kept('stderr', stderr)] });
const long = `${'x'.repeat(79)}\n`.repeat(2_000);

describe('output', () => {
  it.each([
    ['contains', output('contains', 'b\nc'), printed('a\nb\nc\n'), 'passed'],
    ['stdout contains what is on stderr', output('contains', 'OK', { stream: 'stdout' }), printed('', 'OK\n'), 'failed'],
    ['output contains what is on stderr', output('contains', 'OK'), printed('', 'OK\n'), 'passed'],
    ['a line', output('line', '5'), printed('4\n  5\r\n6\n'), 'passed'],
    ['a number within another', output('line', '5'), printed('15\n5 rows\n'), 'failed'],
    ['a last line without end', output('line', '5'), printed('4\n5'), 'passed'],
    ['is', output('is', 'root', { stream: 'stdout' }), printed('root\n'), 'passed'],
    ['is, with windows line end', output('is', 'root', { stream: 'stdout' }), printed('root\r\n'), 'passed'],
    ['is, with more', output('is', 'root', { stream: 'stdout' }), printed('root\nroot\n'), 'failed'],
    ['is, with two line ends', output('is', 'root', { stream: 'stdout' }), printed('root\n\n'), 'failed'],
    ['is, of nothing', output('is', 'root', { stream: 'stdout' }), printed(''), 'failed'],
    ['is, of much', output('is', 'x', { stream: 'stdout' }), printed(long), 'failed'],
    ['is not', output('is', 'root', { stream: 'stdout', negated: true }), printed('other\n'), 'passed'],
    ['starts with', output('starts with', 'BEGIN', { stream: 'stdout' }), printed('BEGIN\nx\n'), 'passed'],
    ['starts with, in the middle', output('starts with', 'BEGIN', { stream: 'stdout' }), printed('x\nBEGIN\n'), 'failed'],
    ['ends with', output('ends with', 'COMMIT', { stream: 'stdout' }), printed(`${long}COMMIT\n`), 'passed'],
    ['ends with, in the middle', output('ends with', 'COMMIT', { stream: 'stdout' }), printed('COMMIT\nROLLBACK\n'), 'failed'],
    ['matches', output('matches', '^[0-9]+ rows?$'), printed('x\r\n12 rows\r\n'), 'passed'],
    ['matches nothing', output('matches', '^[0-9]+ rows?$'), printed('12 rows or so\n'), 'failed'],
    ['does not match', output('matches', '(?i)error', { negated: true }), printed('fine\n'), 'passed'],
    ['does not match, and does', output('matches', '(?i)error', { negated: true }), printed('fine\n', 'ERROR\n'), 'failed'],
    ['does not match a pattern that is none', output('matches', '(', { negated: true }), printed('fine\n'), 'failed'],
    ['does not match what takes for ever elsewhere', output('matches', '^(a+)+$', { negated: true }), printed(`${'a'.repeat(60_000)}b\n`), 'passed'],
  ] as const)('%s', async (_, claim, evidence, verdict) => {
    expect((await judged(claim, evidence)).verdict).toBe(verdict);
  });

  it.each([
    ['without any output', {}],
    ['without this stream', { outputs: [kept('stderr', '')] }],
    ['with a file that is gone', { outputs: [{ ...kept('stdout', 'x'), sha256: 'gone' }] }],
  ] as const)('a negative claim is never met %s', async (_, evidence) => {
    expect((await judged(output('contains', 'ERROR', { negated: true, stream: 'stdout' }), evidence)).verdict).not.toBe('passed');
  });

  describe('where a secret is masked in what is kept, what was printed is judged', () => {
    const parts = [{ offset: 10, hidden: Buffer.from('hunter2') }];
    const masked: Partial<StepEvidence> = { ...printed('password: ***\nready\n'), hidden: [{ stream: 'stdout', parts }] };
    it.each([
      ['the secret is there', output('contains', 'hunter2'), 'passed'],
      ['the secret is not absent', output('contains', 'hunter2', { negated: true }), 'failed'],
      ['another text is absent', output('contains', 'swordfish', { negated: true }), 'passed'],
      ['a pattern that the secret fits is met', output('matches', '[a-z]+[0-9]$'), 'passed'],
      ['a pattern that the secret fits is not absent', output('matches', '[a-z]+[0-9]$', { negated: true }), 'failed'],
      ['the mask is no text that was printed', output('contains', '***'), 'failed'],
      ['the mask is no line that was printed', output('line', 'password: ***'), 'failed'],
      ['the whole line is', output('line', 'password: hunter2'), 'passed'],
      ['the beginning', output('starts with', 'password: hunter2\nr'), 'passed'],
      ['the end', output('ends with', 'hunter2\nready'), 'passed'],
      ['all of it', output('is', 'password: hunter2\nready'), 'passed'],
      ['all of it, with the mask', output('is', 'password: ***\nready'), 'failed'],
    ] as const)('%s', async (_, claim, verdict) => {
      expect((await judged(claim, masked)).verdict).toBe(verdict);
    });

    it('stars that a program printed itself are stars', async () => {
      expect((await judged(output('contains', 'password: ***'), printed('password: ***\n'))).verdict).toBe('passed');
    });

    it('more than is remembered is judged neither way', async () => {
      const forgotten: Partial<StepEvidence> = { ...masked, hidden: [{ stream: 'stdout', parts: undefined }] };
      for (const negated of [false, true]) expect((await judged(output('contains', 'ready', { negated }), forgotten)).verdict).toBe('failed');
    });

    it('a status that is a part of a secret is still the status', async () => {
      const evidence: Partial<StepEvidence> = {
        ...printed('HTTP/1.1 ***\n\n'),
        hidden: [{ stream: 'stdout', parts: [{ offset: 9, hidden: Buffer.from('500 Error') }] }],
      };
      expect((await judged({ kind: 'http-status', statuses: ['500'] }, evidence)).verdict).toBe('passed');
      expect((await judged({ kind: 'http-status', statuses: ['200'] }, evidence)).verdict).toBe('failed');
    });
  });
});

describe('fails with a text', () => {
  it('must be printed by a command that failed', async () => {
    const claim: Claim = { kind: 'fails', pattern: 'no such zone' };
    expect((await judged(claim, { ...printed('', 'no such zone\n'), exitCode: 1 })).verdict).toBe('passed');
    expect((await judged(claim, { ...printed('', 'no such zone\n'), exitCode: 0 })).verdict).toBe('failed');
    expect((await judged(claim, { ...printed('', 'disk full\n'), exitCode: 1 })).verdict).toBe('failed');
    expect((await judged(claim, { ...printed('', 'no such zone\n'), exitCode: 127 })).verdict).toBe('failed');
    expect((await judged(claim, { sqlFailure: { sqlstate: 'P0001', message: 'no such zone: x' } })).verdict).toBe('passed');
    expect((await judged(claim, { sqlFailure: { sqlstate: 'P0001', message: 'other' } })).verdict).toBe('failed');
  });
});

describe('http-status', () => {
  const ok: Claim = { kind: 'http-status', statuses: ['200'] };
  const answer = (status: string, body = '', more = ''): string => `HTTP/1.1 ${status}\r\nServer: x\r\n${more}\r\n${body}`;
  it.each([
    ['curl -i', printed(answer('200 OK', '{"a":1}')), 'passed'],
    ['HTTP/2', printed('HTTP/2 200 \r\nserver: x\r\n\r\n'), 'passed'],
    ['another status', printed(answer('500 Internal Server Error')), 'failed'],
    ['after a redirection', printed(answer('301 Moved Permanently') + answer('200 OK')), 'passed'],
    ['after 100 Continue', printed(`HTTP/1.1 100 Continue\r\n\r\n${answer('200 OK')}`), 'passed'],
    ['behind a proxy', printed(`HTTP/1.1 200 Connection established\r\n\r\n${answer('403 Forbidden')}`), 'failed'],
    ['a redirection to an error', printed(answer('302 Found') + answer('404 Not Found')), 'failed'],
    ['an error with a body that says 200', printed(answer('500 Internal Server Error', 'HTTP/1.1 200 OK\n')), 'failed'],
    ['an error with a body that says 200 in a line', printed(answer('500 Internal Server Error', 'see: HTTP/1.1 200 OK\n')), 'failed'],
    ['an answer, then an error', printed(answer('200 OK', 'x\n') + answer('500 Internal Server Error')), 'failed'],
    ['three answers, the last an error', printed(answer('200 OK', 'x\n') + answer('200 OK', 'y\n') + answer('500 Oops')), 'failed'],
    ['a body alone', printed('HTTP status is 200\n'), 'failed'],
    ['a status line in the middle of other text', printed('log:\nHTTP/1.1 200 OK\n'), 'failed'],
    ['three digits', printed('200'), 'passed'],
    ['three digits and a line end', printed('200\n'), 'passed'],
    ['other three digits', printed('503\n'), 'failed'],
    ['three digits and more', printed('200\n3 rows\n'), 'failed'],
    ['a body, then three digits', printed('{"a":1}200'), 'failed'],
    ['000', printed('000'), 'failed'],
    ['curl -v', printed('body\n', '* Connected\n> GET / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n< Server: x\n<\n* done\n'), 'passed'],
    ['curl -v, a redirection to an error', printed('', '< HTTP/1.1 302 Found\n<\n* Issue another request\n< HTTP/1.1 500 Oops\n'), 'failed'],
    ['curl -v, two requests', printed('', '< HTTP/1.1 200 OK\n<\n< HTTP/1.1 500 Oops\n'), 'failed'],
    ['what was asked is no answer', printed('', '> GET / HTTP/1.1 200\n'), 'failed'],
    ['both streams differ', printed(answer('200 OK'), '< HTTP/1.1 500 Oops\n'), 'failed'],
    ['nothing', printed(''), 'failed'],
    ['no output', {}, 'failed'],
  ] as const)('%s', async (_, evidence, verdict) => {
    expect((await judged(ok, evidence)).verdict).toBe(verdict);
  });
});
