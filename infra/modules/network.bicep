// A network of its own: the app sends everything through it, and storage answers nowhere else.
param location string
param tags object
param name string
param runtimeStorageId string
param archiveStorageId string

@description('Empty when there is no vault.')
param keyVaultId string
param fixedEgressAddress bool

@description('Change these when the network is to be joined to others.')
param addressSpace string = '10.90.0.0/24'
param appAddresses string = '10.90.0.0/26'
param endpointAddresses string = '10.90.0.64/27'

var storageSuffix = environment().suffixes.storage
var storageZones = {
  blob: 'privatelink.blob.${storageSuffix}'
  queue: 'privatelink.queue.${storageSuffix}'
  table: 'privatelink.table.${storageSuffix}'
}
// The suffix is '.vault.azure.net' or a sovereign cloud's; the private zone is called after 'vaultcore'.
var vaultZone = replace(environment().suffixes.keyvaultDns, '.vault.', 'privatelink.vaultcore.')

var zones = concat([storageZones.blob, storageZones.queue, storageZones.table], empty(keyVaultId) ? [] : [vaultZone])

var storageEndpoints = [
  { name: 'runtime-blob', target: runtimeStorageId, group: 'blob', zone: storageZones.blob }
  { name: 'runtime-queue', target: runtimeStorageId, group: 'queue', zone: storageZones.queue }
  { name: 'runtime-table', target: runtimeStorageId, group: 'table', zone: storageZones.table }
  { name: 'archive-blob', target: archiveStorageId, group: 'blob', zone: storageZones.blob }
  { name: 'archive-queue', target: archiveStorageId, group: 'queue', zone: storageZones.queue }
  { name: 'archive-table', target: archiveStorageId, group: 'table', zone: storageZones.table }
]
var vaultEndpoints = empty(keyVaultId)
  ? []
  : [
      { name: 'vault', target: keyVaultId, group: 'vault', zone: vaultZone }
    ]
var endpoints = concat(storageEndpoints, vaultEndpoints)

resource egressAddress 'Microsoft.Network/publicIPAddresses@2023-11-01' = if (fixedEgressAddress) {
  name: '${name}-egress'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource gateway 'Microsoft.Network/natGateways@2023-11-01' = if (fixedEgressAddress) {
  name: '${name}-nat'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: egressAddress.id
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressSpace]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appAddresses
          natGateway: fixedEgressAddress ? { id: gateway.id } : null
          // Flex Consumption wants this delegation, not the one of other App Service plans.
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointAddresses
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

resource dnsZones 'Microsoft.Network/privateDnsZones@2020-06-01' = [for zone in zones: {
  name: zone
  location: 'global'
  tags: tags
}]

resource dnsLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (zone, i) in zones: {
  parent: dnsZones[i]
  name: name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2023-11-01' = [for endpoint in endpoints: {
  name: '${name}-${endpoint.name}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: '${network.id}/subnets/endpoints'
    }
    privateLinkServiceConnections: [
      {
        name: endpoint.name
        properties: {
          privateLinkServiceId: endpoint.target
          groupIds: [endpoint.group]
        }
      }
    ]
  }
}]

resource dnsRecords 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2023-11-01' = [for (endpoint, i) in endpoints: {
  parent: privateEndpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: endpoint.group
        properties: {
          privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', endpoint.zone)
        }
      }
    ]
  }
  dependsOn: [
    dnsZones
  ]
}]

output appSubnetId string = '${network.id}/subnets/app'
