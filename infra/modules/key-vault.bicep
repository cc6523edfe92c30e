// A vault for what cannot be a managed identity: the key that signs heads, and certificates for other tenants.
param location string
param tags object

@maxLength(24)
param name string
param privateNetwork bool

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
  }
}

// Made by Azure itself, so that no network door is needed for it. It never leaves the vault and can only sign. A key that is
// there is left alone when this is deployed again; a new version is made with `az keyvault key rotate`.
resource signingKey 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  parent: vault
  name: 'mailkeep-heads'
  tags: tags
  properties: {
    kty: 'EC'
    curveName: 'P-256'
    keyOps: ['sign', 'verify']
    attributes: {
      enabled: true
    }
  }
}

output id string = vault.id
output name string = vault.name
output signingKeyId string = signingKey.properties.keyUri
