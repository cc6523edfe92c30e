// What Azure takes for the resources that infra/ declares: each type at its API version, with the properties and words
// we use. Taken on 2026-11-22 from Microsoft's own description of its types, the repository Azure/bicep-types-az
// (generated/{provider}/…/{version}/types.md, one for each version below; Microsoft.Graph: learn.microsoft.com/graph/templates/reference).
// A property that is not here either does not exist, is read-only, or was not looked up: look it up, then add it.

import { compute } from "./azure/compute.js";
import { monitoring } from "./azure/monitoring.js";
import { network } from "./azure/network.js";
import { security } from "./azure/security.js";
import { located, type ResourceType } from "./azure/shape.js";
import { storage } from "./azure/storage.js";

export const resourceTypes: Record<string, ResourceType> = {
  "Microsoft.Resources/resourceGroups@2022-09-01": { name: /^[\w().-]{0,89}[\w()-]$/, body: located },
  ...storage,
  ...compute,
  ...security,
  ...monitoring,
  ...network,
};
