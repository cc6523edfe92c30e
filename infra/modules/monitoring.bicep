// Where logs and metrics go. Senders show an Entra token: the connection string in the app's settings opens nothing.
param location string
param tags object
param workspaceName string
param applicationInsightsName string
param retentionDays int

// Where to begin looking: in the portal under Logs, Queries, mailkeep. README.md tells the same three.
var savedQueries = [
  {
    name: 'runs'
    title: 'What a run did, mailbox by mailbox'
    query: '''AppTraces
| where Message has "work measured" and Message has "archive-mailbox"
| extend log = parse_json(Message)
| summarize messages = sum(tolong(log.messages)), bytes = sum(tolong(log.bytes)), requests = sum(tolong(log.requests)),
    throttled = sum(tolong(log.throttled)), seconds = sum(tolong(log.ms)) / 1000 by run = tostring(log.run), mailbox = tostring(log.mailbox)
'''
  }
  {
    name: 'graph-requests'
    title: 'Graph requests by route and outcome'
    query: '''AppTraces
| where Message has "graph requests"
| extend log = parse_json(Message)
| summarize sum(tolong(log["count"])) by tostring(log.route), tostring(log.outcome), bin(TimeGenerated, 1h)
'''
  }
  {
    name: 'one-request'
    title: 'Everything of one request: put in the x-request-id of the answer'
    query: '''AppTraces | where Message has "<request>" | order by TimeGenerated asc
'''
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
  }
}

resource queries 'Microsoft.OperationalInsights/workspaces/savedSearches@2023-09-01' = [for saved in savedQueries: {
  parent: workspace
  name: 'mailkeep-${saved.name}'
  // Or a second deployment is refused for the first one's version.
  etag: '*'
  properties: {
    category: 'mailkeep'
    displayName: saved.title
    query: saved.query
    version: 2
  }
}]

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

output workspaceId string = workspace.id
output applicationInsightsName string = applicationInsights.name
