// Names things and connects the modules; the only resource of its own is the group. README.md says how to deploy it.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of this installation: in the name of its resource group and, hashed, in every other name.')
param environmentName string

@minLength(1)
@description('Azure region. Must offer Flex Consumption: az functionapp list-flexconsumption-locations')
param location string

@minLength(36)
@description('Application (client) id of the API\'s app registration, which sign-in.sh makes: whoever calls the API shows a token for it.')
param authAudience string

@description('Tenant whose users may sign in to the API.')
param authTenantId string = tenant().tenantId

@description('Where sign-ins to the API are checked, as https://login.microsoftonline.us; empty for the cloud that graphBaseUrl is in.')
param authAuthority string = ''

@description('Tenant whose mailboxes are archived. A managed identity can only reach its own.')
param mailTenantId string = tenant().tenantId

@description('Microsoft Graph; another one for a sovereign cloud.')
param graphBaseUrl string = 'https://graph.microsoft.com'

@description('Exchange Online; another one for a sovereign cloud.')
param exchangeBaseUrl string = 'https://outlook.office365.com'

@description('Storage is reached through private endpoints in a network of its own, and by no other way.')
param privateNetwork bool = true

@description('With privateNetwork: all calls to the internet leave from one fixed address (NAT gateway).')
param fixedEgressAddress bool = false

@description('Who may reach the API at all: address ranges (CIDR) separated by commas; empty for everywhere. A token is needed in any case.')
param allowedIpRanges string = ''

@allowed(['22', '24'])
@description('Node.js version of the function app.')
param nodeVersion string = '24'

@allowed([2048, 4096])
@description('Memory of one instance. The benchmark needs up to half a gigabyte for the mailboxes it works on at a time (host.json).')
param instanceMemoryMB int = 2048

@minValue(40)
@maxValue(1000)
@description('Most instances at a time; Azure allows no fewer than 40. The smallest number is enough: each works on many mailboxes (host.json).')
param maximumInstanceCount int = 40

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
@description('How often and how far apart the archive is kept.')
param archiveRedundancy string = 'Standard_ZRS'

@minValue(0)
@maxValue(146000)
@description('Days for which nobody, not even an administrator, can change or delete what was archived; 0 for none. Read README.md first.')
param immutabilityDays int = 0

@minValue(7)
@maxValue(365)
@description('Days for which a deleted container or version can be brought back.')
param softDeleteDays int = 30

@allowed(['Hot', 'Cool', 'Cold'])
@description('Tier that packs and ledgers move to when they are old enough.')
param packTier string = 'Cold'

@allowed(['Hot', 'Cool', 'Cold'])
@description('Tier that attachments of 128 KiB and more are stored in from the beginning; smaller ones stay hot, where they cost less.')
param attachmentTier string = 'Hot'

@minValue(1)
@description('Days after which packs and ledgers move to packTier.')
param tierAfterDays int = 90

@description('Puts a lock on the archive account: it must be taken off before the account can be deleted.')
param lockArchive bool = true

@description('Attaches the identity that deletes mail to the function app. Leave false as long as no profile deletes.')
param attachWriter bool = false

@description('Makes a key vault with the key that signs the daily heads. Without it heads are unsigned and prove less.')
param keyVault bool = true

@description('Address of an RFC 3161 time stamping authority that stamps the daily heads; empty for none.')
param timestampUrl string = ''

@description('An OpenTelemetry collector (OTLP over HTTP), such as https://otlp.contoso.com; empty for none.')
param otlpEndpoint string = ''

@description('Headers for that collector, as a Key Vault reference: @Microsoft.KeyVault(SecretUri=...) of a secret name=value; empty for none.')
param otlpHeaders string = ''

@description('Connections to begin with, as JSON by name; each is made once, then the API holds. Empty for none.')
param connections string = ''

@description('A proxy through which Graph and Exchange are reached, such as http://proxy.contoso.com:8080; empty for the direct way.')
param proxyUrl string = ''

@description('The secret user:password for that proxy: https://{vault}/secrets/{name}; empty where it wants none.')
#disable-next-line secure-secrets-in-params // The address of a secret, not the secret.
param proxySecretId string = ''

@description('Who gets the alerts; empty for nobody: then they are seen in the portal only.')
param alertEmail string = ''

@minValue(0)
@maxValue(47)
@description('An alert is raised when no run has ended for so many hours; 0 for none, for archives that run by hand.')
param noRunHours int = 26

@minValue(30)
@maxValue(730)
@description('Days for which logs are kept.')
param logRetentionDays int = 90

var suffix = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2022-09-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: tags
    readerName: 'id-mailkeep-reader-${suffix}'
    writerName: 'id-mailkeep-writer-${suffix}'
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceName: 'log-mailkeep-${suffix}'
    applicationInsightsName: 'appi-mailkeep-${suffix}'
    retentionDays: logRetentionDays
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    namePrefix: 'alert-mailkeep-${suffix}'
    email: alertEmail
    noRunHours: noRunHours
  }
}

module runtimeStorage 'modules/runtime-storage.bicep' = {
  name: 'runtime-storage'
  scope: group
  params: {
    location: location
    tags: tags
    name: 'stmkrun${suffix}'
    privateNetwork: privateNetwork
  }
}

module archiveStorage 'modules/archive-storage.bicep' = {
  name: 'archive-storage'
  scope: group
  params: {
    location: location
    tags: tags
    name: 'stmkarc${suffix}'
    redundancy: archiveRedundancy
    privateNetwork: privateNetwork
    immutabilityDays: immutabilityDays
    softDeleteDays: softDeleteDays
    packTier: packTier
    tierAfterDays: tierAfterDays
    lock: lockArchive
  }
}

module vault 'modules/key-vault.bicep' = if (keyVault) {
  name: 'key-vault'
  scope: group
  params: {
    location: location
    tags: tags
    name: 'kv-mk-${suffix}'
    privateNetwork: privateNetwork
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    readerPrincipalId: identities.outputs.readerPrincipalId
    runtimeStorageName: runtimeStorage.outputs.name
    archiveStorageName: archiveStorage.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    keyVaultName: keyVault ? vault!.outputs.name : ''
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    location: location
    tags: tags
    name: 'vnet-mailkeep-${suffix}'
    runtimeStorageId: runtimeStorage.outputs.id
    archiveStorageId: archiveStorage.outputs.id
    keyVaultId: keyVault ? vault!.outputs.id : ''
    fixedEgressAddress: fixedEgressAddress
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    location: location
    tags: tags
    name: 'func-mailkeep-${suffix}'
    planName: 'plan-mailkeep-${suffix}'
    readerId: identities.outputs.readerId
    readerClientId: identities.outputs.readerClientId
    writerId: attachWriter ? identities.outputs.writerId : ''
    writerClientId: attachWriter ? identities.outputs.writerClientId : ''
    runtimeStorageName: runtimeStorage.outputs.name
    packageContainer: runtimeStorage.outputs.packageContainer
    archiveStorageName: archiveStorage.outputs.name
    attachmentTier: attachmentTier
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    allowedIpRanges: empty(allowedIpRanges) ? [] : split(allowedIpRanges, ',')
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    mailTenantId: mailTenantId
    graphBaseUrl: graphBaseUrl
    exchangeBaseUrl: exchangeBaseUrl
    authTenantId: authTenantId
    authAudience: authAudience
    signingKeyId: keyVault ? vault!.outputs.signingKeyId : ''
    timestampUrl: timestampUrl
    otlpEndpoint: otlpEndpoint
    otlpHeaders: otlpHeaders
    connections: connections
    proxyUrl: proxyUrl
    proxySecretId: proxySecretId
    authAuthority: authAuthority
  }
  // Without its rights the app cannot even fetch its own package.
  dependsOn: [
    roles
  ]
}

// azd keeps these as variables of the environment; grant.sh, grant.ps1 and scope.ps1 read them there.
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output MAILKEEP_RESOURCE_GROUP string = group.name
output MAILKEEP_FUNCTION_APP string = functionApp.outputs.name
output MAILKEEP_API_URL string = functionApp.outputs.apiUrl
output MAILKEEP_ARCHIVE_STORAGE string = archiveStorage.outputs.name
output MAILKEEP_READER_CLIENT_ID string = identities.outputs.readerClientId
output MAILKEEP_READER_PRINCIPAL_ID string = identities.outputs.readerPrincipalId
output MAILKEEP_WRITER_CLIENT_ID string = identities.outputs.writerClientId
output MAILKEEP_WRITER_PRINCIPAL_ID string = identities.outputs.writerPrincipalId
