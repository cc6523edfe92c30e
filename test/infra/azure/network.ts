// The network, its private endpoints and their zones.
import { byId, child, located, type ResourceType } from "./shape.js";

export const network: Record<string, ResourceType> = {
  "Microsoft.Network/publicIPAddresses@2023-11-01": {
    name: /^[A-Za-z0-9][\w.-]{0,78}\w$/,
    body: {
      ...located,
      sku: { name: ["Basic", "Standard"] },
      properties: { publicIPAllocationMethod: ["Static", "Dynamic"] },
    },
  },
  "Microsoft.Network/natGateways@2023-11-01": {
    name: /^[A-Za-z0-9][\w.-]{0,78}\w$/,
    body: { ...located, sku: { name: ["Standard"] }, properties: { publicIpAddresses: { each: byId } } },
  },
  "Microsoft.Network/virtualNetworks@2023-11-01": {
    name: /^[A-Za-z0-9][\w.-]{0,62}\w$/,
    body: {
      ...located,
      properties: {
        addressSpace: { addressPrefixes: { each: "string" } },
        subnets: {
          each: {
            name: "string",
            properties: {
              addressPrefix: "string",
              natGateway: byId,
              delegations: { each: { name: "string", properties: { serviceName: "string" } } },
              privateEndpointNetworkPolicies: [
                "Enabled",
                "Disabled",
                "NetworkSecurityGroupEnabled",
                "RouteTableEnabled",
              ],
            },
          },
        },
      },
    },
  },
  "Microsoft.Network/privateDnsZones@2020-06-01": {
    name: /^[a-z0-9.-]{1,63}(\.[a-z0-9-]+)*$/,
    body: located,
  },
  "Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01": {
    name: /^[A-Za-z0-9][\w.-]{0,78}\w$/,
    body: { ...located, properties: { registrationEnabled: "bool", virtualNetwork: byId } },
  },
  "Microsoft.Network/privateEndpoints@2023-11-01": {
    name: /^[A-Za-z0-9][\w.-]{0,62}\w$/,
    body: {
      ...located,
      properties: {
        subnet: byId,
        privateLinkServiceConnections: {
          each: { name: "string", properties: { privateLinkServiceId: "string", groupIds: { each: "string" } } },
        },
      },
    },
  },
  "Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2023-11-01": {
    name: /^[A-Za-z0-9][\w.-]{0,78}\w$/,
    body: {
      ...child,
      properties: { privateDnsZoneConfigs: { each: { name: "string", properties: { privateDnsZoneId: "string" } } } },
    },
  },
};
