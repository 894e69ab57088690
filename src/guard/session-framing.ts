// Which messages of a session are read, how far, and which may not be sent at all. Everything else streams through unseen.
import { fromClient, fromServer } from './wire-message.ts';

/** The longest Query or Parse that is read whole, in bytes; a longer one cannot be judged and is refused. */
export const statementLimit = 1024 * 1024;
/** Bytes of a Bind, Execute or Close that hold its names. */
const namesLimit = 4096;
/** A server's message is read whole up to here; a longer ErrorResponse is passed on by its first part. */
const answerLimit = 64 * 1024;

export function wantedOfClient(type: number, length: number): number | string | undefined {
  switch (type) {
    case fromClient.query:
    case fromClient.parse:
      return length > statementLimit ? namesLimit : length;
    case fromClient.bind:
      return Math.min(length, namesLimit);
    case fromClient.execute:
    case fromClient.close:
      return length > namesLimit ? 'a name of more than 4096 bytes' : length;
    case fromClient.sync:
    case fromClient.copyDone:
    case fromClient.copyFail:
    case fromClient.functionCall:
    case fromClient.terminate:
      return 0;
    case fromClient.copyData:
    case fromClient.describe:
    case fromClient.flush:
      return undefined;
    default:
      return `a message of the unknown type ${JSON.stringify(String.fromCharCode(type))}`;
  }
}

/** Not read, only counted: a portal that is suspended does not say how many rows it gave. */
export const dataRow = 0x44;

/** By type byte: this is asked once for each row. */
const heard = new Uint8Array(256);
for (const type of Object.values(fromServer)) heard[type] = 1;

export function wantedOfServer(type: number, length: number): number | undefined {
  return heard[type] === 1 ? Math.min(length, answerLimit) : undefined;
}
