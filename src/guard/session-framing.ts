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

const heardAnswers = new Set<number>(Object.values(fromServer));

export function wantedOfServer(type: number, length: number): number | undefined {
  return heardAnswers.has(type) ? Math.min(length, answerLimit) : undefined;
}
