// Identities, role assignments, locks, the vault; rights in Graph.
import { child, located, onOff, type ResourceType, tags } from "./shape.js";

export const security: Record<string, ResourceType> = {
  "Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31": {
    name: /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/,
    reads: ["properties.clientId", "properties.principalId"],
    body: located,
  },
  "Microsoft.Authorization/roleAssignments@2022-04-01": {
    body: {
      ...child,
      "properties!": {
        "principalId!": "string",
        "roleDefinitionId!": "string",
        principalType: ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"],
      },
    },
  },
  "Microsoft.Authorization/locks@2020-05-01": {
    name: /^[A-Za-z0-9_.-]{1,90}$/,
    body: { ...child, "properties!": { "level!": ["CanNotDelete", "ReadOnly", "NotSpecified"], notes: "string" } },
  },
  "Microsoft.KeyVault/vaults@2023-07-01": {
    name: /^(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/,
    body: {
      ...located,
      "properties!": {
        "tenantId!": "string",
        "sku!": { "family!": ["A"], "name!": ["standard", "premium"] },
        enableRbacAuthorization: "bool",
        enableSoftDelete: "bool",
        enablePurgeProtection: "bool",
        softDeleteRetentionInDays: "int",
        publicNetworkAccess: onOff,
        networkAcls: { bypass: ["None", "AzureServices"], defaultAction: ["Allow", "Deny"] },
      },
    },
  },
  "Microsoft.KeyVault/vaults/keys@2023-07-01": {
    name: /^[a-zA-Z0-9-]{1,127}$/,
    reads: ["properties.keyUri", "properties.keyUriWithVersion"],
    body: {
      ...child,
      tags,
      "properties!": {
        kty: ["EC", "EC-HSM", "RSA", "RSA-HSM"],
        curveName: ["P-256", "P-256K", "P-384", "P-521"],
        keyOps: { each: ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey", "import", "release"] },
        attributes: { enabled: "bool", exp: "int", nbf: "int", exportable: "bool" },
      },
    },
  },
  "Microsoft.Graph/servicePrincipals@v1.0": { body: { "appId!": "string" } },
  "Microsoft.Graph/appRoleAssignedTo@v1.0": {
    body: { "appRoleId!": "string", "principalId!": "string", "resourceId!": "string" },
  },
};
