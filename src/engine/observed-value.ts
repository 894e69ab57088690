/** Gives an observed text its type, once, where it is taken. The source text is kept, so that no digit is lost. */
import type { Value, ValueType } from '../model/value.ts';

const syntax: Partial<Record<ValueType, RegExp>> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  integer: /^[+-]?\d+$/,
  number: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  boolean: /^(true|false)$/i,
  // ISO 8601 and what PostgreSQL prints: a date, or a date and a time, with or without an offset.
  timestamp: /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2}){0,2}))?)?$/,
};

/** The value of this type; undefined when the text is not one. Types without a syntax of their own take any text; null is of any type. */
export function parseObserved(type: ValueType, text: string | null): Value | undefined {
  if (text === null) return { type, text };
  const pattern = syntax[type];
  if (pattern !== undefined && !pattern.test(text)) return undefined;
  return { type, text: type === 'boolean' ? text.toLowerCase() : text };
}

/** A coordinator's printed field: nothing and Python's `None` are null, whole numbers are integers, all else is text. */
export function typeField(text: string | null): Value {
  if (text === null || text === '' || text === 'None') return { type: 'text', text: null };
  return parseObserved('integer', text) ?? { type: 'text', text };
}

const serverTypes: Readonly<Record<string, ValueType>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  numeric: 'number',
  float4: 'number',
  float8: 'number',
  bool: 'boolean',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  date: 'timestamp',
  uuid: 'uuid',
  interval: 'duration',
};

const serverBooleans: Readonly<Record<string, string>> = { t: 'true', f: 'false' };

/** A value of a row, by the server's name of its type. What is outside a type's syntax (`NaN`, `infinity`) stays text. */
export function typeColumnValue(serverType: string, text: string | null): Value {
  const type = serverTypes[serverType] ?? 'text';
  const written = type === 'boolean' && text !== null ? (serverBooleans[text] ?? text) : text;
  return parseObserved(type, written) ?? { type: 'text', text };
}
