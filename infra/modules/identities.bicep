// The two identities: one reads mail, one deletes it. Neither has a secret that could leak or expire.
param location string
param tags object
param readerName string
param writerName string

resource reader 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: readerName
  location: location
  tags: tags
}

// Holds no right at all until grant.sh or grant.ps1 gives it one, and is not attached to the app until attachWriter says so.
resource writer 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: writerName
  location: location
  tags: tags
}

output readerId string = reader.id
output readerClientId string = reader.properties.clientId
output readerPrincipalId string = reader.properties.principalId
output writerId string = writer.id
output writerClientId string = writer.properties.clientId
output writerPrincipalId string = writer.properties.principalId
