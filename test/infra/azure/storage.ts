// Storage accounts, the archive's container, its policy and its lifecycle.
import { age, child, days, located, type ResourceType } from "./shape.js";

export const storage: Record<string, ResourceType> = {
  "Microsoft.Storage/storageAccounts@2023-05-01": {
    name: /^[a-z0-9]{3,24}$/,
    reads: [
      "properties.primaryEndpoints.blob",
      "properties.primaryEndpoints.queue",
      "properties.primaryEndpoints.table",
    ],
    body: {
      ...located,
      "kind!": ["Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage"],
      "sku!": {
        "name!": [
          "Standard_LRS",
          "Standard_ZRS",
          "Standard_GRS",
          "Standard_GZRS",
          "Standard_RAGRS",
          "Standard_RAGZRS",
          "Premium_LRS",
          "Premium_ZRS",
        ],
      },
      properties: {
        accessTier: ["Hot", "Cool", "Cold", "Premium"],
        allowBlobPublicAccess: "bool",
        allowSharedKeyAccess: "bool",
        allowCrossTenantReplication: "bool",
        defaultToOAuthAuthentication: "bool",
        minimumTlsVersion: ["TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"],
        supportsHttpsTrafficOnly: "bool",
        publicNetworkAccess: ["Enabled", "Disabled", "SecuredByPerimeter"],
        networkAcls: { bypass: ["None", "Logging", "Metrics", "AzureServices"], "defaultAction!": ["Allow", "Deny"] },
      },
    },
  },
  "Microsoft.Storage/storageAccounts/blobServices@2023-05-01": {
    name: /^default$/,
    body: {
      ...child,
      properties: { isVersioningEnabled: "bool", deleteRetentionPolicy: days, containerDeleteRetentionPolicy: days },
    },
  },
  "Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01": {
    name: /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    body: { ...child, properties: { publicAccess: ["None", "Blob", "Container"] } },
  },
  "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2023-05-01": {
    name: /^default$/,
    // `state` is read-only: no deployment locks a policy.
    body: {
      ...child,
      "properties!": {
        immutabilityPeriodSinceCreationInDays: "int",
        allowProtectedAppendWrites: "bool",
        allowProtectedAppendWritesAll: "bool",
      },
    },
  },
  "Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01": {
    name: /^default$/,
    body: {
      ...child,
      "properties!": {
        "policy!": {
          "rules!": {
            each: {
              "name!": "string",
              enabled: "bool",
              "type!": ["Lifecycle"],
              "definition!": {
                filters: { "blobTypes!": { each: ["blockBlob", "appendBlob"] }, prefixMatch: { each: "string" } },
                "actions!": {
                  baseBlob: { tierToCool: age, tierToCold: age, tierToArchive: age, delete: age },
                  version: { delete: { "daysAfterCreationGreaterThan!": "int" } },
                },
              },
            },
          },
        },
      },
    },
  },
};
