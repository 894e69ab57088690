// What is read of a session's messages beside its statements: names for the record, and settings that change how text is read.
import type { StatementLedger } from './statement-ledger.ts';
import { fromClient, readCString } from './wire-message.ts';

/** Notes the names in a Bind, Execute or Close. A complaint where the message has none. */
export function noteNames(type: number, message: Buffer, ledger: StatementLedger): string | undefined {
  switch (type) {
    case fromClient.bind: {
      const portal = readCString(message, 5);
      const statement = portal && readCString(message, portal.end);
      if (portal === undefined || statement === undefined) return 'the client sent a Bind without names';
      ledger.sentBind(portal.bytes.toString('latin1'), statement.bytes.toString('latin1'));
      return undefined;
    }
    case fromClient.execute: {
      const portal = readCString(message, 5);
      if (portal === undefined) return 'the client sent an Execute without a name';
      ledger.sentExecute(portal.bytes.toString('latin1'));
      return undefined;
    }
    default: {
      const name = readCString(message, 6);
      if (name === undefined) return 'the client sent a Close without a name';
      ledger.sentClose(message[5] === 0x53 ? 'statement' : 'portal', name.bytes.toString('latin1'));
      return undefined;
    }
  }
}

/** Values with which the server reads text as the parser does. */
const readable: ReadonlyMap<string, readonly string[]> = new Map([
  ['client_encoding', ['UTF8', 'SQL_ASCII']],
  ['standard_conforming_strings', ['on']],
]);

/** A ParameterStatus by which the server says that it reads text otherwise than the parser: nothing after it could be judged. */
export function strangeParserSetting(message: Buffer): string | undefined {
  const name = readCString(message, 5);
  const value = name && readCString(message, name.end);
  return strangeSetting(name?.bytes.toString('latin1') ?? '', value?.bytes.toString('latin1') ?? '');
}

/** The same of one setting. What the guard asked for at login may have been dropped by a pooler on the way. */
export function strangeSetting(name: string, value: string): string | undefined {
  if (readable.get(name)?.includes(value) !== false) return undefined;
  return `\`${name}\` was set to \`${value}\`, with which statements cannot be judged`;
}
