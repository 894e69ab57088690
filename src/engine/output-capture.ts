/**
 * Keeps one stream of a program whole, redacted, in a content-addressed file, with flat memory whatever its size. Readers of
 * lines see the raw text, because a captured value must be the value; what they keep is redacted where it is recorded.
 */
import { type Checked, type Diagnostic, messageOf } from '../model/diagnostic.ts';
import type { HiddenOutput, OutputEvidence } from '../model/evidence.ts';
import type { MaskedPart, Redactor } from '../model/redactor.ts';
import { createEvidenceFile } from './evidence-file.ts';
import { createExcerpt } from './excerpt.ts';
import { createLineSplitter, type LineReader } from './line-splitter.ts';
import type { OutputSink } from './output-flow.ts';
import { createWithheldOutput } from './withheld-output.ts';

/** A runaway program must not fill the disk: 16 GiB a stream. */
const mostBytes = 16 * 1_024 ** 3;
const newline = 0x0a;
/** What masks hide is remembered up to here, in bytes: secrets are short, and memory stays flat. */
const mostHidden = 1_048_576;
/** What one more mask costs beside its bytes. */
const partBytes = 64;

export interface CaptureOptions {
  readonly stream: OutputEvidence['stream'];
  readonly evidenceFolder: string;
  readonly redactor: Redactor;
  readonly readLine?: LineReader;
  /** The stream may hold a secret that is known only at its end: nothing of it is written where it has a name before that. */
  readonly withhold?: boolean;
  /** Only a test sets it lower. */
  readonly mostBytes?: number;
}

export interface OutputCapture extends OutputSink {
  /** The stream has ended: gives the last line to its reader. `end` does so, too. */
  readonly endLines: () => void;
  /** Closes the file and puts it in its place. Call it once, when the stream has ended. */
  readonly end: () => Promise<Checked<OutputEvidence>>;
  /** What the masks hide, when it has ended. Undefined where there are none. */
  readonly hidden: () => HiddenOutput | undefined;
}

/** The file is `<evidenceFolder>/sha256/<hex>`, mode 0600, written under another name (O_EXCL) and renamed when it is whole. */
export function createOutputCapture(options: CaptureOptions): OutputCapture {
  const parts: MaskedPart[] = [];
  let hiddenBytes = 0;
  const note = (part: MaskedPart): void => {
    hiddenBytes += part.hidden.length + partBytes;
    if (hiddenBytes <= mostHidden) parts.push(part);
  };
  const withheld = options.withhold === true ? createWithheldOutput(options.evidenceFolder) : undefined;
  let redaction = options.redactor.stream(note);
  let splitter = options.readLine === undefined ? undefined : createLineSplitter(options.readLine);
  const endLines = (): void => {
    splitter?.end();
    splitter = undefined;
  };
  const file = createEvidenceFile(options.evidenceFolder);
  const excerpt = createExcerpt();
  const limit = options.mostBytes ?? mostBytes;
  let bytes = 0;
  let received = 0;
  let newlines = 0;
  let lastByte = newline;
  /** Sticky: after a failed write the digest would not be the file's. */
  let failure: Diagnostic | undefined;

  const take = async (kept: Uint8Array): Promise<void> => {
    if (kept.length === 0) return;
    bytes += kept.length;
    newlines += countNewlines(kept);
    lastByte = kept.at(-1) as number;
    excerpt.push(kept);
    await file.write(kept);
  };

  return {
    write: async (chunk) => {
      splitter?.push(chunk);
      try {
        received += chunk.length;
        if (withheld === undefined) await take(redaction.push(chunk));
        else await withheld.write(chunk);
      } catch (error) {
        failure = unwritable(options, error);
        return failure;
      }
      return Math.max(bytes, withheld === undefined ? 0 : received) > limit ? tooLarge(options.stream, limit) : undefined;
    },
    endLines,
    hidden: () => (hiddenBytes === 0 ? undefined : { stream: options.stream, parts: hiddenBytes > mostHidden ? undefined : parts }),
    end: async () => {
      endLines();
      try {
        if (withheld !== undefined && failure === undefined) {
          redaction = options.redactor.stream(note);
          for await (const chunk of withheld.read()) await take(redaction.push(chunk));
        }
        if (failure === undefined) await take(redaction.end());
        if (failure !== undefined) throw failure;
        const sha256 = await file.end();
        const lines = newlines + (lastByte === newline ? 0 : 1);
        return { value: { stream: options.stream, bytes, lines, sha256, ...excerpt.texts() }, diagnostics: [] };
      } catch (error) {
        await file.discard();
        return { value: undefined, diagnostics: [unwritable(options, error)] };
      }
    },
  };
}

function unwritable(options: CaptureOptions, error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/evidence-unwritable',
    message: `the step's ${options.stream} could not be kept in \`${options.evidenceFolder}\``,
    notes: [messageOf(error)],
    help: 'make room in that folder, or name another one with --out',
  };
}

function tooLarge(stream: string, limit: number): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/output-too-large',
    message: `the step printed more than ${limit} bytes to ${stream} and was ended`,
    help: 'let the command print less, for instance into a file of its own',
  };
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}
