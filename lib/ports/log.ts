/**
 * Structured events for operators. Fields hold ids, codes, counts and times: never a token, an address, a subject or
 * any other content of mail.
 */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogFields = Record<string, string | number | boolean | undefined>;

export const silentLog: Log = { info() {}, warn() {}, error() {} };
