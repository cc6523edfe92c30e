// The Graph rights of rights.json as a deployment of its own, for those who keep rights in Bicep; grant.sh and grant.ps1 do
// the same. Apart from main.bicep, which must compile without this extension. Public cloud only.
extension microsoftGraphV1

@description('Object id of the reading identity: output MAILKEEP_READER_PRINCIPAL_ID of main.bicep.')
param readerPrincipalId string

@description('Object id of the identity that deletes; empty to give it nothing.')
param writerPrincipalId string = ''

@description('Also what profiles that name groups need.')
param groups bool = false

@description('Also what profiles that name administrative units need.')
param units bool = false

@description('Leaves out what scope.ps1 gives for chosen mailboxes only: given here as well, it would open all of them.')
param skipExchange bool = false

var rights = loadJsonContent('../rights.json').graph

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: rights.appId
}

resource readerRights 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for right in rights.reader: if (!(skipExchange && contains(right, 'exchangeRole'))) {
  appRoleId: right.id
  principalId: readerPrincipalId
  resourceId: graph.id
}]

resource readerRightsIfNeeded 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for right in rights.readerIfNeeded: if ((groups && right.for == 'groups') || (units && right.for == 'units')) {
  appRoleId: right.id
  principalId: readerPrincipalId
  resourceId: graph.id
}]

resource writerRights 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for right in rights.writer: if (!empty(writerPrincipalId) && !(skipExchange && contains(right, 'exchangeRole'))) {
  appRoleId: right.id
  principalId: writerPrincipalId
  resourceId: graph.id
}]
