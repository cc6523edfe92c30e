// The OpenAPI 3.1 document, made from the table of routes and the schemas that also check requests.

import { apiRoot } from "./route.js";
import { routes } from "./routes.js";

export function openApiDocument(version: string): Record<string, never> {
  const paths = Object.fromEntries(Object.values(routes).map(({ path }) => [path, {}]));
  return { openapi: "3.1.1", info: { title: "mailkeep", version }, servers: [{ url: apiRoot }], paths } as never;
}
