@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Abbreviations of resource names.')
param abbreviations object

@description('What makes the names unique.')
param token string

@description('Service Bus namespace.')
param serviceBusId string

@description('Cosmos DB account.')
param cosmosId string

@description('Application Insights.')
param componentId string

@description('Wakes somebody.')
param pageGroupId string

@description('Waits for the morning.')
param ticketGroupId string

@description('Answers 200 as long as orders can be taken.')
param readyUrl string

@description('Messages in a queue that are many, whatever the rate.')
param longQueue int

@description('Where docs/operations.md can be read; each alarm links to its paragraph.')
param runbookUrl string

// Made by `npm run contracts` from shared/contracts/topology.ts.
var topology = loadJsonContent('topology.json')

// Azure has no metric for the age of a message. But a queue that was empty for a moment holds nothing older than that
// moment: as long as a message is older than the window, the least number of messages in the window is not 0.
// Goods and money may wait less long than mails and notices.
var neverEmptyFor = {
  stock: {
    ticket: 'PT5M'
    page: 'PT15M'
  }
  others: {
    ticket: 'PT15M'
    page: 'PT30M'
  }
}

var queueAlarms = flatten(map(topology.queues, queue => [
  {
    entity: queue.name
    kind: 'dead-letters'
    text: 'holds dead letters: somebody has to decide about them'
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    threshold: 0
    window: 'PT5M'
    severity: 2
    page: false
  }
  {
    entity: queue.name
    kind: 'many-dead-letters'
    text: 'holds more than 50 dead letters: a bug or a changed contract, not a single case'
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    threshold: 50
    window: 'PT5M'
    severity: 1
    page: true
  }
  {
    entity: queue.name
    kind: 'backlog'
    text: 'was never empty in this time, so its oldest message may be that old'
    metric: 'ActiveMessages'
    aggregation: 'Minimum'
    threshold: 0
    window: (neverEmptyFor[?queue.name] ?? neverEmptyFor.others).ticket
    severity: 2
    page: false
  }
  {
    entity: queue.name
    kind: 'old-backlog'
    text: 'was never empty in this time, so its oldest message may be that old'
    metric: 'ActiveMessages'
    aggregation: 'Minimum'
    threshold: 0
    window: (neverEmptyFor[?queue.name] ?? neverEmptyFor.others).page
    severity: 1
    page: true
  }
  {
    entity: queue.name
    kind: 'long-queue'
    text: 'holds so many messages that it will take long to work through them'
    metric: 'ActiveMessages'
    aggregation: 'Average'
    threshold: longQueue
    window: 'PT15M'
    severity: 2
    page: false
  }
  {
    entity: queue.name
    kind: 'waiting-retries'
    text: 'has many delayed retries: whoever this consumer calls is down or throttling'
    metric: 'ScheduledMessages'
    aggregation: 'Average'
    threshold: 100
    window: 'PT15M'
    severity: 3
    page: false
  }
]))

// A message that a subscription cannot forward stays behind as a dead letter of the subscription.
var topicAlarms = map(topology.topics, topic => {
  entity: topic.name
  kind: 'not-forwarded'
  text: 'has messages that could not be forwarded to a work queue'
  metric: 'DeadletteredMessages'
  aggregation: 'Maximum'
  threshold: 0
  window: 'PT5M'
  severity: 1
  page: true
})

resource entityAlarms 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alarm in concat(queueAlarms, topicAlarms): {
    name: '${abbreviations.alarm}${alarm.entity}-${alarm.kind}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alarm.entity} ${alarm.text}. What to do: ${runbookUrl}#${alarm.kind}'
      severity: alarm.severity
      enabled: true
      autoMitigate: true
      scopes: [serviceBusId]
      evaluationFrequency: 'PT1M'
      windowSize: alarm.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alarm.kind
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: 'Microsoft.ServiceBus/namespaces'
            metricName: alarm.metric
            timeAggregation: alarm.aggregation
            operator: 'GreaterThan'
            threshold: alarm.threshold
            dimensions: [
              {
                name: 'EntityName'
                operator: 'Include'
                values: [alarm.entity]
              }
            ]
          }
        ]
      }
      actions: [
        {
          actionGroupId: alarm.page ? pageGroupId : ticketGroupId
          webHookProperties: {
            runbook: '${runbookUrl}#${alarm.kind}'
          }
        }
      ]
    }
  }
]

var serviceAlarms = [
  {
    kind: 'bus-throttled'
    text: 'Service Bus refuses requests because there are too many'
    scope: serviceBusId
    namespace: 'Microsoft.ServiceBus/namespaces'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    threshold: 0
    dimensions: []
    severity: 2
    page: false
  }
  {
    kind: 'bus-errors'
    text: 'Service Bus answers with errors of its own'
    scope: serviceBusId
    namespace: 'Microsoft.ServiceBus/namespaces'
    metric: 'ServerErrors'
    aggregation: 'Total'
    threshold: 10
    dimensions: []
    severity: 2
    page: false
  }
  {
    kind: 'store-throttled'
    text: 'Cosmos DB refuses requests because there are too many'
    scope: cosmosId
    namespace: 'Microsoft.DocumentDB/databaseAccounts'
    metric: 'TotalRequests'
    aggregation: 'Count'
    threshold: 100
    dimensions: [
      {
        name: 'StatusCode'
        operator: 'Include'
        values: ['429']
      }
    ]
    severity: 1
    page: true
  }
  {
    kind: 'orders-refused'
    text: 'The app answers with 5xx'
    scope: componentId
    namespace: 'microsoft.insights/components'
    metric: 'requests/failed'
    aggregation: 'Count'
    threshold: 5
    dimensions: [
      {
        name: 'request/resultCode'
        operator: 'Include'
        values: ['500', '502', '503', '504']
      }
    ]
    severity: 1
    page: true
  }
]

resource serviceRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alarm in serviceAlarms: {
    name: '${abbreviations.alarm}${alarm.kind}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alarm.text}. What to do: ${runbookUrl}#${alarm.kind}'
      severity: alarm.severity
      enabled: true
      autoMitigate: true
      scopes: [alarm.scope]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alarm.kind
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: alarm.namespace
            metricName: alarm.metric
            timeAggregation: alarm.aggregation
            operator: 'GreaterThan'
            threshold: alarm.threshold
            dimensions: alarm.dimensions
          }
        ]
      }
      actions: [
        {
          actionGroupId: alarm.page ? pageGroupId : ticketGroupId
          webHookProperties: {
            runbook: '${runbookUrl}#${alarm.kind}'
          }
        }
      ]
    }
  }
]

// What our own watch sees (shared/domain/alarms): 1 is a ticket, 2 a page, per kind and subject. A rule for each loudness.
var watchAlarms = [
  {
    kind: 'backlog-age'
    text: 'The oldest work of a consumer has been waiting for ten minutes (ticket) or for half an hour (page)'
  }
  {
    kind: 'heading-for-half-an-hour'
    text: 'A consumer falls behind and reaches half an hour soon'
  }
  {
    kind: 'new-fingerprint'
    text: 'Dead letters of a problem not seen before; a page when they are more than fifty'
  }
  {
    kind: 'forgotten-dead-letters'
    text: 'Nobody has decided about a dead letter for four hours (ticket) or for a day (page)'
  }
  {
    kind: 'many-attempts'
    text: 'A delivery needs more than two attempts (ticket) or more than four (page), on average of a quarter of an hour'
  }
  {
    kind: 'circuit-open'
    text: 'A partner does not answer; a page after ten minutes, or when it is two'
  }
]

// Valid orders that were refused, straight from what the instances measured: this one must ring when the watch itself, which
// keeps its memory in the order store, cannot. Windows and rates are those of shared/domain/alarms/burn-rate.ts.
var burnWindows = [
  {
    long: '1h'
    short: '5m'
    times: '14.4'
    loudness: 'page'
  }
  {
    long: '6h'
    short: '30m'
    times: '6.0'
    loudness: 'page'
  }
  {
    long: '24h'
    short: '2h'
    times: '3.0'
    loudness: 'ticket'
  }
]

resource burnRules 'Microsoft.Insights/scheduledQueryRules@2021-08-01' = [
  for window in burnWindows: {
    name: '${abbreviations.alarm}orders-refused-burn-${window.long}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'orders-refused-burn (${window.long})'
      description: 'Valid orders are refused, and the error budget of 99.995 % burns ${window.times} times too fast. What to do: ${runbookUrl}#orders-refused-burn'
      severity: window.loudness == 'page' ? 1 : 2
      enabled: true
      autoMitigate: true
      scopes: [componentId]
      evaluationFrequency: 'PT5M'
      windowSize: 'P1D'
      criteria: {
        allOf: [
          {
            query: 'customMetrics | where name == "orders.accepted" or name == "orders.refused" | extend good = name == "orders.accepted", bad = name == "orders.refused" and toint(customDimensions.status) >= 500 | summarize longGood = sumif(valueSum, good and timestamp > ago(${window.long})), longBad = sumif(valueSum, bad and timestamp > ago(${window.long})), shortGood = sumif(valueSum, good and timestamp > ago(${window.short})), shortBad = sumif(valueSum, bad and timestamp > ago(${window.short})) | where longBad >= 3 and longBad / (longBad + longGood) >= ${window.times} * 0.00005 and shortBad / (shortBad + shortGood) >= ${window.times} * 0.00005'
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
      actions: {
        actionGroups: [window.loudness == 'page' ? pageGroupId : ticketGroupId]
        customProperties: {
          runbook: '${runbookUrl}#orders-refused-burn'
        }
      }
    }
  }
]

resource watchRules 'Microsoft.Insights/scheduledQueryRules@2021-08-01' = [
  for pair in flatten(map(watchAlarms, alarm => [
    {
      alarm: alarm
      loudness: 'ticket'
      level: 1
      severity: 2
    }
    {
      alarm: alarm
      loudness: 'page'
      level: 2
      severity: 1
    }
  ])): {
    name: '${abbreviations.alarm}${pair.alarm.kind}-${pair.loudness}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${pair.alarm.kind} (${pair.loudness})'
      description: '${pair.alarm.text}. What to do: ${runbookUrl}#${pair.alarm.kind}'
      severity: pair.severity
      enabled: true
      autoMitigate: true
      scopes: [componentId]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      criteria: {
        allOf: [
          {
            query: 'customMetrics | where name == "alarm.ringing" and tostring(customDimensions.kind) == "${pair.alarm.kind}" | summarize arg_max(timestamp, valueMax) by subject = tostring(customDimensions.subject) | where valueMax == ${pair.level}'
            timeAggregation: 'Count'
            dimensions: [
              {
                name: 'subject'
                operator: 'Include'
                values: ['*']
              }
            ]
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [pair.loudness == 'page' ? pageGroupId : ticketGroupId]
        customProperties: {
          runbook: '${runbookUrl}#${pair.alarm.kind}'
        }
      }
    }
  }
]

// The watch itself has stopped: nothing of the above would ring any more.
resource watchSilent 'Microsoft.Insights/scheduledQueryRules@2021-08-01' = {
  name: '${abbreviations.alarm}watch-silent-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'watch-silent'
    description: 'The watch over backlogs has not reported for a quarter of an hour. What to do: ${runbookUrl}#watch-silent'
    severity: 1
    enabled: true
    autoMitigate: true
    scopes: [componentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'customMetrics | where name == "backlog.oldest_age"'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [pageGroupId]
      customProperties: {
        runbook: '${runbookUrl}#watch-silent'
      }
    }
  }
}

// What to look at when one of them rings.
resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(componentId, 'expedite')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Expedite'
    category: 'workbook'
    sourceId: componentId
    version: 'Notebook/1.0'
    serializedData: string(loadJsonContent('workbook.json'))
  }
}

// From outside, as a storefront sees it.
resource readyTest 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${abbreviations.webTest}ready-${token}'
  location: location
  tags: union(tags, {
    'hidden-link:${componentId}': 'Resource'
  })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${abbreviations.webTest}ready-${token}'
    Name: 'orders can be taken'
    Kind: 'standard'
    Enabled: true
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [
      {
        Id: 'emea-nl-ams-azr'
      }
      {
        Id: 'us-va-ash-azr'
      }
      {
        Id: 'apac-sg-sin-azr'
      }
      {
        Id: 'emea-au-syd-edge'
      }
      {
        Id: 'emea-gb-db3-azr'
      }
    ]
    Request: {
      RequestUrl: readyUrl
      HttpVerb: 'GET'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 14
    }
  }
}

resource readyAlarm 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${abbreviations.alarm}not-ready-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'From two places of the world or more, orders cannot be placed. What to do: ${runbookUrl}#not-ready'
    severity: 0
    enabled: true
    autoMitigate: true
    scopes: [readyTest.id, componentId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: readyTest.id
      componentId: componentId
      failedLocationCount: 2
    }
    actions: [
      {
        actionGroupId: pageGroupId
        webHookProperties: {
          runbook: '${runbookUrl}#not-ready'
        }
      }
    ]
  }
}
