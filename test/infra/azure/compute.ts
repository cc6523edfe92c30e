// The plan and the function app.
import { child, located, onOff, pairs, type ResourceType, tls } from "./shape.js";

export const compute: Record<string, ResourceType> = {
  "Microsoft.Web/serverfarms@2024-04-01": {
    name: /^[A-Za-z0-9-]{1,60}$/,
    body: { ...located, kind: "string", sku: { name: "string", tier: "string" }, properties: { reserved: "bool" } },
  },
  "Microsoft.Web/sites@2024-04-01": {
    name: /^[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]$/,
    reads: ["properties.defaultHostName"],
    body: {
      ...located,
      kind: "string",
      identity: {
        "type!": ["None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"],
        userAssignedIdentities: { any: {} },
      },
      properties: {
        serverFarmId: "string",
        httpsOnly: "bool",
        publicNetworkAccess: onOff,
        virtualNetworkSubnetId: "string",
        keyVaultReferenceIdentity: "string",
        functionAppConfig: {
          deployment: {
            storage: {
              type: ["blobContainer"],
              value: "string",
              authentication: {
                type: ["StorageAccountConnectionString", "SystemAssignedIdentity", "UserAssignedIdentity"],
                userAssignedIdentityResourceId: "string",
                storageAccountConnectionStringName: "string",
              },
            },
          },
          runtime: { name: ["node", "dotnet-isolated", "java", "powershell", "python", "custom"], version: "string" },
          scaleAndConcurrency: {
            instanceMemoryMB: "int",
            maximumInstanceCount: "int",
            alwaysReady: { each: { name: "string", instanceCount: "int" } },
            triggers: { http: { perInstanceConcurrency: "int" } },
          },
        },
        siteConfig: {
          minTlsVersion: tls,
          scmMinTlsVersion: tls,
          ftpsState: ["AllAllowed", "FtpsOnly", "Disabled"],
          http20Enabled: "bool",
          ipSecurityRestrictions: {
            each: { name: "string", action: ["Allow", "Deny"], priority: "int", ipAddress: "string" },
          },
          ipSecurityRestrictionsDefaultAction: ["Allow", "Deny"],
          appSettings: pairs,
        },
      },
    },
  },
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01": {
    name: /^(ftp|scm)$/,
    body: { ...child, properties: { "allow!": "bool" } },
  },
};
