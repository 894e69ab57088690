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

test('a portal of a refused statement stays that, though an older one of the same name is undone meanwhile', () => {
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
  expect(texts).toEqual([]);
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
