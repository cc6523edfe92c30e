// What mailkeep is built with and speaks to, for whoever looks for the cause of trouble.

/** The libraries that speak to Microsoft, as package.json pins them; a test holds the two together. */
export const libraries = {
  "@azure/data-tables": "13.3.2",
  "@azure/functions": "4.16.5",
  "@azure/identity": "4.14.1",
  "@azure/storage-blob": "12.33.0",
  "@azure/storage-queue": "12.32.0",
  "@microsoft/microsoft-graph-client": "3.0.7",
  jose: "6.2.17",
  undici: "8.12.4",
} as const;

/** Which versions of the interfaces are spoken. */
export const interfaces = { mailkeep: "v1", graph: "v1.0" } as const;

/** The oldest Node.js that all of those libraries support. */
export const oldestNode = 22;
