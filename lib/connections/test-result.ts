// What came of testing a connection: one probe after the other, each with its evidence or with why it failed.

export type ProbeName = "proxy" | "credential" | "token" | "directory" | "mailbox" | "writer";

export interface ProbeResult {
  name: ProbeName;
  ok: boolean;
  ms: number;
  /** What was seen, e.g. the permissions in the token, or what was asked and answered; never an address. */
  evidence?: string;
  /** Why it failed: our reason, or the vendor's code. */
  code?: string;
  message?: string;
  /** The other side's request id, for a support case. */
  requestId?: string;
  /** For the command that mends it. */
  places?: Record<string, string>;
}

export interface TestResult {
  at: string;
  ok: boolean;
  probes: ProbeResult[];
}
