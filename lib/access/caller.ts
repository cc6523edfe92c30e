// Who is calling, and what of a request says so.
import type { Role } from "./roles.js";

export interface Caller {
  /** The object id of the person or program in its tenant; `local` on a development machine. */
  subject: string;
  roles: readonly Role[];
}

export interface Call {
  url: string;
  headers: Pick<Headers, "get">;
}

/** Errors: `unauthenticated`, `forbidden`, `unavailable` (the signing keys cannot be had). */
export type SignIn = (call: Call) => Promise<Caller>;
