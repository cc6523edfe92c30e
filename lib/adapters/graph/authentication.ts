// Puts the bearer token on a request, and a fresh one when Graph no longer likes it.
import type { Link } from "./call.js";
import { unlessAborted } from "./cancel.js";
import type { TokenSource } from "./token.js";

/** One renewal for each call: a second 401 is the identity's fault, not the token's. */
export function authenticating(tokens: TokenSource): Link {
  return async (call, next) => {
    const token = await unlessAborted(tokens.get(), call.signal);
    call.headers.authorization = `Bearer ${token}`;
    const answer = await next();
    if (answer.status !== 401) return answer;
    call.headers.authorization = `Bearer ${await unlessAborted(renewed(tokens, token), call.signal)}`;
    return next();
  };
}

/** Of many requests refused at once only the first fetches a new token; the others find it there. */
async function renewed(tokens: TokenSource, refused: string): Promise<string> {
  const current = await tokens.get();
  return current === refused ? tokens.get({ fresh: true }) : current;
}
