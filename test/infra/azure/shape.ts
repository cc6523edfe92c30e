// The words in which Azure's types are written down here, and what many of them share.
/**
 * `string`, `int`, `bool`; a list of the only words there are; `{ each }` for an array of such; `{ any }` for free names with
 * such values; else the properties, `!` after those that must be given.
 */
export type Shape =
  | "string"
  | "int"
  | "bool"
  | readonly string[]
  | { each: Shape }
  | { any: Shape }
  | { [property: string]: Shape };

export interface ResourceType {
  /** How long a name may be, and of what. Azure's naming rules: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
  name?: RegExp;
  body: { [property: string]: Shape };
  /** What may be read of it besides `id` and `name`. */
  reads?: readonly string[];
}

export const tags: Shape = { any: "string" };
export const located = { "name!": "string", "location!": "string", tags } as const;
export const child = { "name!": "string" } as const;
export const byId: Shape = { "id!": "string" };
export const days: Shape = { enabled: "bool", days: "int" };
export const age: Shape = { daysAfterModificationGreaterThan: "int", daysAfterCreationGreaterThan: "int" };
export const onOff: Shape = ["Enabled", "Disabled"];
export const tls: Shape = ["1.0", "1.1", "1.2", "1.3"];
export const pairs: Shape = { each: { "name!": "string", "value!": "string" } };
