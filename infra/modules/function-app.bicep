// The plan, the app and all its settings. Nothing here is a secret: every connection is by managed identity.
param location string
param tags object
param name string
param planName string
param readerId string
param readerClientId string

@description('Empty: the identity that deletes is not attached, and no code in the app can use it.')
param writerId string

@description('Empty: no profile may have a deletion rule.')
param writerClientId string
param runtimeStorageName string
param packageContainer string
param archiveStorageName string

@allowed(['Hot', 'Cool', 'Cold'])
param attachmentTier string
param applicationInsightsName string

@description('Empty for no network of its own.')
param subnetId string
param allowedIpRanges array
param nodeVersion string
param instanceMemoryMB int
param maximumInstanceCount int
param mailTenantId string
param graphBaseUrl string
param exchangeBaseUrl string
param authTenantId string
param authAudience string

@description('The key that signs heads; empty for none.')
param signingKeyId string

@description('Empty: heads are not stamped.')
param timestampUrl string

@description('Empty: Graph and Exchange are reached directly.')
param proxyUrl string

@description('Empty: no OpenTelemetry.')
param otlpEndpoint string

@description('Empty, or a Key Vault reference.')
param otlpHeaders string

@description('JSON; empty: connections are made by the API only.')
param connections string

@description('Empty: the proxy wants no password.')
#disable-next-line secure-secrets-in-params // The address of a secret, not the secret.
param proxySecretId string

@description('Empty for the one of the cloud that graphBaseUrl is in.')
param authAuthority string

resource runtimeStorage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: runtimeStorageName
}

resource archiveStorage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: archiveStorageName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var ipRules = [for (addresses, i) in allowedIpRanges: {
  name: 'allowed-${i}'
  action: 'Allow'
  priority: 100 + i
  ipAddress: trim(addresses)
}]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: union({ '${readerId}': {} }, empty(writerId) ? {} : { '${writerId}': {} })
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: readerId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${runtimeStorage.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: readerId
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictions: ipRules
      ipSecurityRestrictionsDefaultAction: empty(allowedIpRanges) ? 'Allow' : 'Deny'
      appSettings: [
        // The host's own storage.
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__clientId', value: readerClientId }
        { name: 'AzureWebJobsStorage__blobServiceUri', value: runtimeStorage.properties.primaryEndpoints.blob }
        { name: 'AzureWebJobsStorage__queueServiceUri', value: runtimeStorage.properties.primaryEndpoints.queue }
        { name: 'AzureWebJobsStorage__tableServiceUri', value: runtimeStorage.properties.primaryEndpoints.table }
        // Telemetry.
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: applicationInsights.properties.ConnectionString }
        { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${readerClientId};Authorization=AAD' }
        // Both for the host and for the app; the mode is the host's, and the first is what it does without being asked.
        { name: 'AzureFunctionsJobHost__telemetryMode', value: empty(otlpEndpoint) ? 'ApplicationInsights' : 'OpenTelemetry' }
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: otlpEndpoint }
        { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: otlpHeaders }
        // The app's own, as lib/config.ts knows them. The host uses ARCHIVE_STORAGE for the queue triggers as well.
        { name: 'ARCHIVE_STORAGE__credential', value: 'managedidentity' }
        { name: 'ARCHIVE_STORAGE__clientId', value: readerClientId }
        { name: 'ARCHIVE_STORAGE__blobServiceUri', value: archiveStorage.properties.primaryEndpoints.blob }
        { name: 'ARCHIVE_STORAGE__queueServiceUri', value: archiveStorage.properties.primaryEndpoints.queue }
        { name: 'ARCHIVE_STORAGE__tableServiceUri', value: archiveStorage.properties.primaryEndpoints.table }
        { name: 'ATTACHMENT_TIER', value: attachmentTier }
        { name: 'GRAPH_BASE_URL', value: graphBaseUrl }
        { name: 'EXCHANGE_BASE_URL', value: exchangeBaseUrl }
        { name: 'TENANT_ID', value: mailTenantId }
        { name: 'AZURE_CLIENT_ID', value: readerClientId }
        { name: 'WRITER_CLIENT_ID', value: writerClientId }
        { name: 'SIGNING_KEY_ID', value: signingKeyId }
        { name: 'TIMESTAMP_URL', value: timestampUrl }
        { name: 'CONNECTIONS', value: connections }
        { name: 'PROXY_URL', value: proxyUrl }
        { name: 'PROXY_SECRET_ID', value: proxySecretId }
        { name: 'AUTH_MODE', value: 'entra' }
        { name: 'AUTH_TENANT_ID', value: authTenantId }
        { name: 'AUTH_AUDIENCE', value: authAudience }
        { name: 'AUTH_AUTHORITY', value: authAuthority }
      ]
    }
  }
}

// No publishing by user name and password: who deploys shows an Entra token.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

output name string = app.name
output apiUrl string = 'https://${app.properties.defaultHostName}/api/v1'
