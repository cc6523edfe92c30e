// The archive itself, and the state that can be regrown from it. Never the same account as the host's.
param location string
param tags object

@maxLength(24)
param name string
param redundancy string
param privateNetwork bool

@description('Retention by an immutability policy on the container, from each blob\'s creation; 0 for no policy. Made unlocked: locking is a step of its own (README.md). Set back to 0 once it is locked; the policy stays.')
param immutabilityDays int

@description('Days for which a deleted container or a deleted version can be brought back.')
param softDeleteDays int

@allowed(['Hot', 'Cool', 'Cold'])
param packTier string
param tierAfterDays int
param lock bool

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
  }
}

// Blobs are written once. With versioning even a deleted or overwritten one can be brought back: it becomes a version,
// and no rule deletes versions of the archive.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource archive 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'archive'
  properties: {
    publicAccess: 'None'
  }
}

resource immutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2023-05-01' = if (immutabilityDays > 0) {
  parent: archive
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: immutabilityDays
    allowProtectedAppendWrites: false
  }
}

// Only tiers that can be read at once: the archive tier takes hours, and the app cannot wait for it. No rule deletes anything of the archive.
// Prefixes begin with the container's name and have no wildcards, so packs cannot be told from the ledgers beside them, and
// no rule sees a blob's size: so no rule is for attachments, the app itself puts the large ones where ATTACHMENT_TIER says
// and leaves the small ones hot. ../../lib/decisions/0004-deploy-storage-tiers.md has the sums.
resource tiers 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'mailboxes-to-cool'
          enabled: packTier == 'Cool'
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['archive/mailboxes/']
            }
            actions: {
              baseBlob: {
                tierToCool: {
                  daysAfterModificationGreaterThan: tierAfterDays
                }
              }
            }
          }
        }
        {
          name: 'mailboxes-to-cold'
          enabled: packTier == 'Cold'
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['archive/mailboxes/']
            }
            actions: {
              baseBlob: {
                tierToCold: {
                  daysAfterModificationGreaterThan: tierAfterDays
                }
              }
            }
          }
        }
        // Not the archive: zips that were asked for. lib/export/export.ts tells whoever asked the same number of days.
        {
          name: 'exports-go'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['exports/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterCreationGreaterThan: 30
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: 30
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource accountLock 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  name: 'archive-stays'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds archived mail. Take this lock off only to remove the archive for good.'
  }
}

output id string = account.id
output name string = account.name
