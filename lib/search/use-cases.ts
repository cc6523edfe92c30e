// What doors ask of this room.
import { type SearchPage, type SearchRequest, search } from "./search.js";
import type { SearchDeps } from "./search-mailbox.js";

export const searchUseCases = (deps: SearchDeps) => ({
  search: (request: SearchRequest): Promise<SearchPage> => search(request, deps),
});
