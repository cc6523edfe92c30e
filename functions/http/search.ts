// Search at the door.
import { asList, pageRequest } from "../../lib/api/list.js";
import type { Calls } from "../../lib/api/route.js";
import type { searchRoutes } from "../../lib/api/search.js";
import type { App } from "../../lib/app.js";
import { titled } from "./messages.js";

export function searchCalls({ search }: Pick<App, "search">): Calls<typeof searchRoutes> {
  return {
    async search({ query, url }) {
      const { searched, ...page } = await search.search({ q: query.q, ...pageRequest(query) });
      return { json: { ...asList(page, url, titled), searched } };
    },
  };
}
