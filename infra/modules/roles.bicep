// Every role assignment in Azure, so that a security review reads one file. Rights in Microsoft 365 are in ../rights.json.
param readerPrincipalId string
param runtimeStorageName string
param archiveStorageName string
param applicationInsightsName string

@description('Empty when there is no vault.')
param keyVaultName string

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var roleIds = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  keyVaultCertificateUser: 'db79e9a7-68ee-4b58-9aeb-b90e7c24fcba'
  keyVaultCryptoUser: '12338af0-0e69-4776-bea7-57ae8d297424'
}

// The app: reads certificates, and signs heads. Crypto User can neither make nor delete a key.
var vaultRoles = [
  roleIds.keyVaultSecretsUser
  roleIds.keyVaultCertificateUser
  roleIds.keyVaultCryptoUser
]

// The host: leases for timers and its package in blobs, its own queues, its diagnostic events in a table.
var runtimeRoles = [
  roleIds.storageBlobDataOwner
  roleIds.storageQueueDataContributor
  roleIds.storageTableDataContributor
]

// The app: writes packs, attachments and ledgers, sends and takes work items, keeps its state in tables; makes the
// container, queues and tables at its first start; and removes exports and what a sweep finds to be orphans (`delete` is part
// of contributor; a container under an immutability policy refuses it).
// Contributor, not owner: it need not and cannot change a blob's owner, its access control list or its immutability.
var archiveRoles = [
  roleIds.storageBlobDataContributor
  roleIds.storageQueueDataContributor
  roleIds.storageTableDataContributor
]

resource runtimeStorage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: runtimeStorageName
}

resource archiveStorage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: archiveStorageName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = if (!empty(keyVaultName)) {
  name: empty(keyVaultName) ? 'none' : keyVaultName
}

resource onRuntimeStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for roleId in runtimeRoles: {
  name: guid(runtimeStorage.id, readerPrincipalId, roleId)
  scope: runtimeStorage
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
  }
}]

resource onArchiveStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for roleId in archiveRoles: {
  name: guid(archiveStorage.id, readerPrincipalId, roleId)
  scope: archiveStorage
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
  }
}]

resource onApplicationInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, readerPrincipalId, roleIds.monitoringMetricsPublisher)
  scope: applicationInsights
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.monitoringMetricsPublisher
    )
  }
}

resource onVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for roleId in (empty(keyVaultName) ? [] : vaultRoles): {
  name: guid(vault.id, readerPrincipalId, roleId)
  scope: vault
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
  }
}]
