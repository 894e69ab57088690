/** The status of the HTTP answer that a step printed: as `curl -i` and `curl -v` show it, or as the only word (`-w '%{http_code}'`). */
import type { OutputStream } from '../model/claim.ts';

export interface HttpAnswer {
  readonly status?: string;
  /** Which answer is meant cannot be said. */
  readonly problem?: string;
}

const statusLine = { stdout: /^HTTP\/[\d.]+ ([1-5]\d\d)(?: |$)/, stderr: /^< HTTP\/[\d.]+ ([1-5]\d\d)(?: |$)/ };

/** After such an answer another may follow to the same request: an interim one, a redirection, a demand for a login, a proxy's. */
const followed = /^(?:1\d\d|3\d\d|401|407)$/;

/**
 * Only where an answer can begin is a status line one: at the start, or behind the headers of an answer that another
 * follows. A body that holds `HTTP/1.1 200 OK` does not turn an error into a success; where it could, there is no answer.
 */
export async function readHttpStatus(lines: AsyncIterable<{ readonly text: string }>, stream: OutputStream): Promise<HttpAnswer> {
  let place: 'start' | 'headers' | 'behind' | 'body' = 'start';
  let status: string | undefined;
  let mayFollow = false;
  let count = 0;
  let only: string | undefined;
  for await (const { text } of lines) {
    count += 1;
    const bare = text.trim();
    const next = statusLine[stream].exec(text)?.[1];
    if (next !== undefined) {
      const first = status === undefined && (stream === 'stderr' || place === 'start');
      const again = status !== undefined && mayFollow && (stream === 'stderr' || place === 'behind');
      if (!first && !again && next !== status) return { problem: 'several HTTP status lines were printed: it is not clear which is meant' };
      if (first || again) {
        status = next;
        mayFollow = followed.test(next) || /200 connection established/i.test(text);
        place = 'headers';
      }
    } else if (stream === 'stdout') {
      if (count === 1 && /^[1-5]\d\d$/.test(bare)) only = bare;
      else if (bare !== '') only = undefined;
      if (place === 'headers' && bare === '') place = 'behind';
      else if ((place === 'start' || place === 'behind') && bare !== '') place = 'body';
      if (place === 'body' && status !== undefined && /HTTP\/[\d.]+ [1-5]\d\d/.test(text))
        return { problem: 'the body of the answer holds a status line too: it is not clear which is meant' };
    }
  }
  const found = status ?? only;
  return found === undefined ? {} : { status: found };
}
