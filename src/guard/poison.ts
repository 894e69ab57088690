// Poison substitution: a refused statement is replaced by text that no server can parse. The server then answers with one
// error at exactly the right place, and that answer is swapped for ours, so pipelines, portals and aborted transactions
// behave as they always do and the gateway needs no picture of the server's state.
import { randomBytes } from 'node:crypto';
import type { Decision } from '../model/policy.ts';
import { cString, errorResponse, frameMessage, fromClient, readErrorFields, type ErrorFields } from './wire-message.ts';

/** One identifier is no statement; kept below 63 bytes, where the server would truncate it with a notice. */
const prefix = 'proofplan_refused_';

/** The refusals of one session whose errors have not come back yet. */
export class PoisonCupboard {
  readonly #refusals = new Map<string, Decision>();

  /** Takes the place of a Query (or of a fastpath call, which is answered in the same shape). */
  query(decision: Decision): Buffer {
    return frameMessage(fromClient.query, cString(this.#nonce(decision)));
  }

  /** Takes the place of a Parse, under the same statement name. */
  parse(name: Buffer, decision: Decision): Buffer {
    const noParameterTypes = Buffer.from([0, 0]);
    return frameMessage(fromClient.parse, Buffer.concat([name, Buffer.from([0]), cString(this.#nonce(decision)), noParameterTypes]));
  }

  /** The ErrorResponse to give instead of this one, if it answers a poison. */
  swap(message: Buffer): Buffer | undefined {
    if (this.#refusals.size === 0) return undefined;
    const nonce = /proofplan_refused_[0-9a-f]{32}/.exec(readErrorFields(message)['M'] ?? '')?.[0];
    const decision = nonce === undefined ? undefined : this.#refusals.get(nonce);
    if (nonce === undefined || decision === undefined) return undefined;
    this.#refusals.delete(nonce);
    return errorResponse(refusalFields(decision));
  }

  /** Nothing is under way: a poison that the server skipped will not come back. */
  settled(): void {
    this.#refusals.clear();
  }

  #nonce(decision: Decision): string {
    const nonce = prefix + randomBytes(16).toString('hex');
    this.#refusals.set(nonce, decision);
    return nonce;
  }
}

/** What a client is told of a refusal. */
function refusalFields(decision: Decision): ErrorFields {
  return {
    S: 'ERROR',
    V: 'ERROR',
    C: decision.sqlstate ?? '42501',
    M: `refused by proofplan: ${decision.reason}`,
    D: `rule ${decision.rule}${decision.policy === undefined ? '' : `, policy ${decision.policy}`}; the statement did not reach the database`,
  };
}
