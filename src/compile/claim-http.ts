/** Claims about the HTTP answer that a step printed. */
import type { ClaimReading } from './claim-reading.ts';
import { withSubject } from './claim-subject.ts';
import { everyQuote, loneQuote, quoteSource, type Term } from './claim-term.ts';

const httpSubject = String.raw`(?:(?:the )?(?:(?:http )?(?:api|endpoint|request|response|url|server|service|page|site|health ?check|call|get|post|put|delete|curl)(?: request| call)?|${quoteSource}|/[\w./{}-]*)|it)`;
const httpStatus = String.raw`([1-5](?:\d\d|xx)(?:(?:, | or |, or )[1-5](?:\d\d|xx))*)`;
const reason =
  '(?: \\(?(?:OK|Created|Accepted|No Content|Moved Permanently|Found|See Other|Not Modified|Bad Request|Unauthorized|Forbidden|Not Found|Method Not Allowed|Conflict|Gone|Unprocessable (?:Entity|Content)|Too Many Requests|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Timeout)\\)?)';
const answers = String.raw`(?:returns?|responds?(?: with)?|answers?(?: with)?|gives?|yields?|replies with|is|has)`;
const httpRows: readonly RegExp[] = [
  new RegExp(
    String.raw`^(?:${httpSubject} )?(?:${answers} )?(?:an? |the )?HTTP(?:/[\d.]+)?(?: (?:status|response))?(?: code)?(?: is| =| ==|:)? ${httpStatus}${reason}?(?: (?:status|response))?$`,
    'i',
  ),
  new RegExp(String.raw`^(?:${httpSubject} )?(?:${answers} )?(?:an? |the )?(?:response )?status code(?: is| of| =| ==|:)? ${httpStatus}${reason}?$`, 'i'),
  new RegExp(String.raw`^(?:${httpSubject} )?(?:${answers} )?(?:an? |the )?(?:response )?(?:status )?${httpStatus}${reason}(?: (?:status|response))?$`, 'i'),
  new RegExp(String.raw`^(?!it )${httpSubject} ${answers} (?:an? )?(?:status )?${httpStatus}$`, 'i'),
];

export function compileHttp(term: Term, hasName: (words: string) => boolean): ClaimReading | undefined {
  const unquoted = { ...term, text: term.text.replace(everyQuote, (mark) => bareStatus(mark, term)) };
  for (const row of httpRows) {
    const match = row.exec(unquoted.text);
    if (!match || /^exit/i.test(term.text) || hasName(unquoted.text.replace(/ (?:is|[=<>]).*$/, ''))) continue;
    const statuses = [...new Set((match[1] ?? '').toLowerCase().split(/, or |, | or /))];
    return withSubject({ kind: 'claims', claims: [{ kind: 'http-status', statuses }] }, term);
  }
  return undefined;
}

/** `200` and `200 OK` in backticks are what they are. */
function bareStatus(mark: string, { quotes }: Term): string {
  const quote = loneQuote(mark, quotes);
  return quote !== undefined && /^(?:HTTP(?:\/[\d.]+)? )?[1-5](?:\d\d|xx)\b[A-Za-z ]{0,30}$/.test(quote.text) ? quote.text : mark;
}
