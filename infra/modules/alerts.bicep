// Asks the app's own log for what a person must know. The app writes each event as a line of JSON (lib/adapters/console).
param location string
param tags object
param workspaceId string
param namePrefix string

@description('Empty for nobody.')
param email string

@description('0 for no such alert.')
param noRunHours int

var runEnded = 'Message contains "\\"event\\":\\"run ended\\""'

var whenSeen = [
  {
    name: 'run-failed'
    title: 'mailkeep: a run has failed'
    description: 'Nothing could be archived in a run. GET /api/v1/runs says why.'
    severity: 1
    query: 'AppTraces | where ${runEnded} and Message contains "\\"status\\":\\"failed\\""'
  }
  {
    name: 'run-with-gaps'
    title: 'mailkeep: a run has left gaps'
    description: 'Something was not archived, or waits in quarantine. GET /api/v1/runs/{id}/mailboxes names it.'
    severity: 2
    query: 'AppTraces | where ${runEnded} and Message contains "\\"status\\":\\"succeededWithGaps\\""'
  }
  {
    name: 'work-given-up'
    title: 'mailkeep: work was given up'
    description: 'A work item failed again and again. The traces before this one say how.'
    severity: 1
    query: 'AppTraces | where Message contains "\\"event\\":\\"work item given up\\""'
  }
  {
    name: 'quarantine-grows'
    title: 'mailkeep: messages have come into quarantine'
    description: 'Messages could not be archived and are tried again. GET /api/v1/mailboxes/{id}/quarantine names them; the trace has the mailbox.'
    severity: 2
    query: 'AppTraces | where Message contains "\\"event\\":\\"quarantine grew\\""'
  }
  {
    name: 'verification-finding'
    title: 'mailkeep: the archive is damaged'
    description: 'A verification has read something back that is not what was stored. GET /api/v1/verify/{id} names it.'
    severity: 0
    query: 'AppTraces | where Message contains "\\"event\\":\\"verification ended\\"" and Message contains "\\"status\\":\\"findings\\""'
  }
  {
    name: 'audit-broken'
    title: 'mailkeep: the audit has been tampered with'
    description: 'Entries of the audit are gone, changed or moved. GET /api/v1/audit/check names the first.'
    severity: 0
    query: 'AppTraces | where Message contains "\\"event\\":\\"audit broken\\""'
  }
  {
    name: 'identity-refused'
    title: 'mailkeep: Microsoft Graph refuses the identity'
    description: 'The identity is gone, disabled or blocked by a policy: nothing can be archived until that is mended.'
    severity: 1
    query: 'AppTraces | where Message contains "\\"code\\":\\"unauthenticated\\""'
  }
  {
    name: 'credential-expires'
    title: 'mailkeep: a credential expires'
    description: 'The certificate or secret of a connection expires within 30 days, or could not be read. GET /api/v1/connections says which.'
    severity: 2
    query: 'AppTraces | where Message contains "\\"event\\":\\"credential expires\\""'
  }
  {
    name: 'configuration-alarm'
    title: 'mailkeep: Microsoft 365 refuses the app as a whole'
    description: 'Every mailbox of a run, or the directory, is refused. POST /api/v1/profiles/{id}/test says which right is missing.'
    severity: 1
    query: 'AppTraces | where Message contains "\\"event\\":\\"configuration alarm\\""'
  }
  {
    name: 'errors'
    title: 'mailkeep: errors in the log'
    description: 'The app has met something it did not foresee.'
    severity: 3
    query: 'AppTraces | where Message contains "\\"level\\":\\"error\\""'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: '${namePrefix}-people'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'mailkeep'
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource seen 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alert in whenSeen: {
  name: '${namePrefix}-${alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: alert.title
    description: alert.description
    severity: alert.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: alert.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: false
    // The table is not there before the first line is logged.
    skipQueryValidation: true
    actions: {
      actionGroups: empty(email) ? [] : [people.id]
    }
  }
}]

// Silence is the worst fault of an archive: nobody notices. Counts the runs that came to an end other than failure.
resource silence 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = if (noRunHours > 0) {
  name: '${namePrefix}-no-run'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'mailkeep: no run has ended for ${noRunHours} hours'
    description: 'No run has come to a good end for ${noRunHours} hours. Is a schedule set, and does the app start?'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT1H'
    windowSize: 'P2D'
    criteria: {
      allOf: [
        {
          query: 'AppTraces | where TimeGenerated > ago(${noRunHours}h) | where ${runEnded} and not(Message contains "\\"status\\":\\"failed\\"" or Message contains "\\"status\\":\\"cancelled\\"") | summarize Runs = count()'
          timeAggregation: 'Total'
          metricMeasureColumn: 'Runs'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: false
    muteActionsDuration: 'P1D'
    skipQueryValidation: true
    actions: {
      actionGroups: empty(email) ? [] : [people.id]
    }
  }
}
