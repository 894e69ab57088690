import type { AuditCode } from './audit-finding.ts';

/** One thing that keeps the union from being shown; `folder` as it was named. */
export interface MergeFinding {
  readonly code: AuditCode;
  readonly message: string;
  readonly folder: string | null;
}

export type Find = (code: AuditCode, message: string) => void;
