// The catalogue of errors at the door.

import type { errorRoutes } from "../../lib/api/errors.js";
import { asList, pageOf, pageRequest } from "../../lib/api/list.js";
import { Refusal } from "../../lib/api/problem.js";
import type { Calls } from "../../lib/api/route.js";
import { allCodes, explain } from "../../lib/faults/explain.js";

export function errorCalls(): Calls<typeof errorRoutes> {
  return {
    async listErrors({ query, url }) {
      const page = await pageOf(allCodes(), pageRequest(query), ({ code }) => code);
      return { json: asList(page, url, (entry) => entry) };
    },
    async getError({ params: { code } }) {
      const found = explain(code);
      if (found === undefined) throw new Refusal(404, "ERROR_CODE_UNKNOWN", `the catalogue has no code ${code}`);
      return { json: found };
    },
  };
}
