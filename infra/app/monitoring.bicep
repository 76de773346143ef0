@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Abbreviations of resource names.')
param abbreviations object

@description('What makes the names unique.')
param token string

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int

@description('Who is mailed, separated by commas; may be empty.')
param alertEmails string

@secure()
@description('A chat or paging webhook that takes the common alert schema; may be empty. Secret, because its address is its key.')
param alertWebhook string

var emails = filter(map(split(alertEmails, ','), address => trim(address)), address => !empty(address))

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${abbreviations.logAnalytics}${token}'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: logRetentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

module component 'br/public:avm/res/insights/component:0.6.0' = {
  name: 'application-insights'
  params: {
    name: '${abbreviations.applicationInsights}${token}'
    location: location
    tags: tags
    workspaceResourceId: workspace.id
    kind: 'web'
    applicationType: 'web'
    disableLocalAuth: true
    disableIpMasking: false
    retentionInDays: 90
  }
}

// Two loudnesses: what wakes somebody, and what waits for the morning.
resource actionGroups 'Microsoft.Insights/actionGroups@2023-01-01' = [
  for loudness in ['page', 'ticket']: {
    name: '${abbreviations.actionGroup}${loudness}-${token}'
    location: 'global'
    tags: tags
    properties: {
      enabled: true
      groupShortName: 'exp-${loudness}'
      emailReceivers: [
        for (address, i) in emails: {
          name: 'mail-${i}'
          emailAddress: address
          useCommonAlertSchema: true
        }
      ]
      webhookReceivers: empty(alertWebhook)
        ? []
        : [
            {
              name: 'chat'
              serviceUri: alertWebhook
              useCommonAlertSchema: true
            }
          ]
    }
  }
]

@description('The workspace that all diagnostics go to.')
output workspaceId string = workspace.id

@description('The Application Insights resource.')
output componentName string = component.outputs.name

@description('The Application Insights resource.')
output componentId string = component.outputs.resourceId

@description('Where telemetry is sent. Not a secret: keys are switched off, a sender needs an identity with the right to it.')
output telemetryConnectionString string = component.outputs.connectionString

@description('Wakes somebody.')
output pageGroupId string = actionGroups[0].id

@description('Waits for the morning.')
output ticketGroupId string = actionGroups[1].id
