// What the record keeps when answers come at other moments than usual.
import { expect, test } from 'vitest';
import { NameBook } from '../../src/guard/name-book.ts';
import { StatementLedger } from '../../src/guard/statement-ledger.ts';
import { fromServer } from '../../src/guard/wire-message.ts';

const read = { effect: 'permit', rule: 'read', reason: 'changes nothing' } as const;

function openLedger(): { ledger: StatementLedger; texts: string[] } {
  const texts: string[] = [];
  let sequence = 0;
  const ledger = new StatementLedger({
    nextSequence: () => ++sequence,
    lastSequence: () => sequence,
    emit: (record) => {
      texts.push(record.text);
    },
  });
  return { ledger, texts };
}

const error = (ledger: StatementLedger): void => ledger.received(fromServer.errorResponse, Buffer.from('E....C26000\0\0', 'latin1'), 0, true);
const ready = (ledger: StatementLedger): void => ledger.received(fromServer.readyForQuery, Buffer.from('Z....I', 'latin1'));

test('of a portal of a refused statement no FETCH is told, though an older one of the same name is undone meanwhile', () => {
  const { ledger, texts } = openLedger();
  ledger.sentParse('', 'refused');
  ledger.sentBind('', '');
  ledger.sentExecute('');
  ledger.sentSync();
  ledger.sentParse('later', 'refused');
  ledger.sentSync();
  ledger.sentBind('', 'later');
  error(ledger);
  ready(ledger);
  ledger.sentExecute('');
  ledger.sentSync();
  for (let times = 0; times < 2; times++) {
    error(ledger);
    ready(ledger);
  }
  ledger.ended();
  // Nobody sent a FETCH; that the name was never taken shows when its Bind is answered.
  expect(texts).toEqual(['EXECUTE later']);
});

test.each(['before', 'after'] as const)('a name that was refused stands for what the server finds, if its answer comes %s the Bind', (when) => {
  for (const earlier of [undefined, 'SELECT 1'] as const) {
    const { ledger, texts } = openLedger();
    if (earlier !== undefined) {
      ledger.sentParse('later', { text: earlier, decision: read, writes: [] });
      ledger.sentSync();
      ledger.received(fromServer.parseComplete, Buffer.from('1....', 'latin1'));
      ready(ledger);
    }
    const answerRefusal = (): void => {
      error(ledger);
      ready(ledger);
    };
    ledger.sentParse('later', 'refused');
    ledger.sentSync();
    if (when === 'before') answerRefusal();
    ledger.sentBind('', 'later');
    ledger.sentExecute('');
    ledger.sentSync();
    if (when === 'after') answerRefusal();
    if (earlier === undefined) ledger.received(fromServer.errorResponse, Buffer.from('E....C26000\0\0', 'latin1'));
    else {
      ledger.received(fromServer.bindComplete, Buffer.from('2....', 'latin1'));
      ledger.received(fromServer.commandComplete, Buffer.from('C....SELECT 1\0', 'latin1'));
    }
    ready(ledger);
    ledger.ended();
    expect(texts).toEqual([earlier ?? 'EXECUTE later']);
  }
});

test('what a passed over naming had replaced stands again, unless that was passed over as well', () => {
  const book = new NameBook();
  const statement = (text: string) => ({ text, decision: read, writes: [] });
  const kept = book.parse('s', statement('first'));
  book.taken(kept);
  const second = book.parse('s', statement('second'));
  const third = book.parse('s', statement('third'));
  book.undo([second]);
  book.bind('p', 's');
  expect(book.portal('p')).toMatchObject({ text: 'third' });
  book.undo([third]);
  book.bind('p', 's');
  expect(book.portal('p')).toMatchObject({ text: 'first' });
  book.taken(book.close('statement', 's'));
  book.bind('p', 's');
  expect(book.portal('p')).toMatchObject({ text: 'EXECUTE s' });
});
