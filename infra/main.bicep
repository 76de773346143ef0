targetScope = 'subscription'

metadata description = 'Expedite: checkout and notifications on Functions, Service Bus and Cosmos DB, with identities only.'

@description('Name of the environment, such as production or pr-12. Part of every resource name.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of all resources.')
@minLength(1)
param location string

// What it may cost and what it can stand

@description('Spread over the zones of the region. Can be chosen once: Cosmos DB and storage are made that way.')
param zoneRedundant bool = true

@description('Reachable through private endpoints only. Makes Service Bus Premium.')
param privateNetworking bool = false

@description('Address plan of the virtual network.')
param addressPrefix string = '10.42.0.0/22'

@description('Premium is isolated, has a virtual network and larger messages.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Messaging units of Premium.')
@allowed([1, 2, 4, 8, 16])
param serviceBusCapacity int = 1

@description('Serverless bills by request; autoscale shares one throughput among all containers.')
@allowed(['serverless', 'autoscale'])
param cosmosMode string = 'serverless'

@description('Request units per second that autoscale may go up to.')
@minValue(1000)
param cosmosMaxThroughput int = 10000

@description('How far back the order store can be restored to any second.')
@allowed(['Continuous7Days', 'Continuous30Days'])
param backupTier string = 'Continuous30Days'

@description('A deleted vault cannot be emptied before its time, nor its name be used again. Not for short-lived environments.')
param purgeProtection bool = true

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances that wait for requests, so that none has to wait for an instance. At least two where zones are used.')
@minValue(0)
param alwaysReady int = 1

@description('Whether a deployment replaces instances batch by batch or all at once.')
@allowed(['RollingUpdate', 'Recreate'])
param updateStrategy string = 'RollingUpdate'

@description('Share of traces that are kept, from 0 to 1. Metrics count everything.')
param telemetrySampling string = '1'

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

// Two generations of the app beside each other

@description('Whether there is a second ring of function apps.')
param nextRing bool = false

@description('Percent of the work that the second ring takes.')
@minValue(0)
@maxValue(100)
param nextShare int = 0

// The door

@description('API Management in front of the app. StandardV2 together with private networking closes the other door.')
@allowed(['none', 'BasicV2', 'StandardV2'])
param gatewaySku string = 'none'

@description('Named as the publisher by API Management.')
param publisherName string = 'Expedite'

@description('Where API Management sends its notices.')
param publisherEmail string = 'nobody@example.com'

@description('Requests of one brand per minute; more are answered 429 with Retry-After.')
@minValue(1)
param callsPerMinute int = 6000

// Partners

@description('Where customers reach the API, for the links in mails. Empty: the address of the gateway, or of the app.')
param publicUrl string = ''

@secure()
@description('Signs the links in mails; 32 random bytes, and earlier ones behind a comma. Empty: the secret in the vault is left as it is.')
param linkKeys string = ''

@description('Payment provider.')
@minLength(1)
param paymentsUrl string

@secure()
@description('Key of the payment provider. Empty: the secret in the vault is left as it is.')
param paymentsKey string = ''

@description('Who holds the stock: our own containers, a partner, or one that takes the payments as well.')
@allowed(['cosmos', 'partner', 'commerce'])
param stockProvider string = 'cosmos'

@description('Stock partner.')
param stockPartnerUrl string = ''

@secure()
@description('Key of the stock partner. Empty: the secret in the vault is left as it is.')
param stockPartnerKey string = ''

@description('How mails are sent: Azure Communication Services, or a mail server.')
@allowed(['acs', 'smtp'])
param mailProvider string = 'acs'

@description('Where Azure Communication Services keeps mails.')
param mailDataLocation string = 'Europe'

@secure()
@description('Address of the mail server with user and password. Empty: the secret in the vault is left as it is.')
param smtpUrl string = ''

@description('When the outboxes are swept, in NCRONTAB with seconds.')
param sweepSchedule string = '*/30 * * * * *'

@description('When held deliveries are released, in NCRONTAB with seconds: every 20 seconds or more often.')
param releaseSchedule string = '*/15 * * * * *'

@description('Calls per second that the mail provider takes from all instances together. Empty: no limit.')
param mailRatePerSecond string = ''

@description('When orders, stock, payments and notices are compared with each other, in NCRONTAB with seconds.')
param reconcileSchedule string = '0 30 3 * * *'

// People

@description('A group of Microsoft Entra ID that may see dead letters, logs and secrets and edit brands, vendors and keys. Empty: nobody.')
param operatorsGroupId string = ''

@description('Who is mailed about alarms, separated by commas.')
param alertEmails string = ''

@secure()
@description('A chat or paging webhook for alarms that takes the common alert schema.')
param alertWebhook string = ''

@description('Alarms are said in a chat, in plain words, at the address in the vault.')
param alarmChat bool = false

@secure()
@description('An incoming webhook of that chat. Empty: the secret in the vault is left as it is.')
param alarmChatUrl string = ''

@description('Messages in a queue that are many, whatever the rate.')
@minValue(1)
param longQueue int = 10000

@description('Where docs/operations.md can be read; alarms link to its paragraphs.')
param runbookUrl string = 'docs/operations.md'

// Containers

@description('Issuer of a Kubernetes cluster that runs the app instead of Functions, for workload identity. Empty: Functions run it.')
param kubernetesIssuer string = ''

@description('Host name of the app in that cluster.')
param kubernetesHostName string = ''

var abbreviations = loadJsonContent('abbreviations.json')
// Made by `npm run contracts` from scripts/infra/roles.ts.
var roles = loadJsonContent('app/roles.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
  application: 'expedite'
}
var databaseName = 'expedite'
var hasGateway = gatewaySku != 'none'
var ownUrl = hasGateway
  ? 'https://${abbreviations.apiManagement}${token}.azure-api.net'
  : empty(kubernetesIssuer) ? 'https://${abbreviations.functionApp}${token}-api-stable.azurewebsites.net' : 'https://${kubernetesHostName}'
var gatewayInNetwork = gatewaySku == 'StandardV2' && privateNetworking
var hasCommunication = mailProvider == 'acs'
// What operators edit and what they only look at; everything else of the store is the app's.
var operatorsWrite = ['brands', 'vendors', 'keys', 'stock']
var operatorsRead = ['orders', 'deliveries']

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    abbreviations: abbreviations
    token: token
    logRetentionDays: logRetentionDays
    alertEmails: alertEmails
    alertWebhook: alertWebhook
  }
}

module network 'app/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: {
    location: location
    tags: tags
    abbreviations: abbreviations
    token: token
    addressPrefix: addressPrefix
  }
}

module serviceBus 'app/service-bus.bicep' = {
  name: 'service-bus'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${abbreviations.serviceBus}${token}'
    sku: privateNetworking ? 'Premium' : serviceBusSku
    capacity: serviceBusCapacity
    privateNetworking: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

module cosmos 'app/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${abbreviations.cosmos}${token}'
    databaseName: databaseName
    mode: cosmosMode
    maxThroughput: cosmosMaxThroughput
    zoneRedundant: zoneRedundant
    backupTier: backupTier
    privateNetworking: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'app/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${abbreviations.keyVault}${token}'
    purgeProtection: purgeProtection
    privateNetworking: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    linkKeys: linkKeys
    paymentsKey: paymentsKey
    stockPartnerKey: stockPartnerKey
    smtpUrl: smtpUrl
    alarmChatUrl: alarmChatUrl
  }
}

module mail 'app/mail.bicep' = if (hasCommunication) {
  name: 'mail'
  scope: group
  params: {
    tags: tags
    abbreviations: abbreviations
    token: token
    dataLocation: mailDataLocation
  }
}

module serviceBusEndpoint 'app/private-endpoint.bicep' = if (privateNetworking) {
  name: 'service-bus-endpoint'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${abbreviations.privateEndpoint}${token}-service-bus'
    serviceId: serviceBus.outputs.id
    groupId: 'namespace'
    subnetId: network!.outputs.endpointsSubnetId
    zoneId: network!.outputs.zoneIds.serviceBus
  }
}

module cosmosEndpoint 'app/private-endpoint.bicep' = if (privateNetworking) {
  name: 'cosmos-endpoint'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${abbreviations.privateEndpoint}${token}-cosmos'
    serviceId: cosmos.outputs.id
    groupId: 'Sql'
    subnetId: network!.outputs.endpointsSubnetId
    zoneId: network!.outputs.zoneIds.cosmos
  }
}

module vaultEndpoint 'app/private-endpoint.bicep' = if (privateNetworking) {
  name: 'vault-endpoint'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${abbreviations.privateEndpoint}${token}-vault'
    serviceId: vault.outputs.id
    groupId: 'vault'
    subnetId: network!.outputs.endpointsSubnetId
    zoneId: network!.outputs.zoneIds.vault
  }
}

// One identity per role: what it may do is what the role needs.
module identities 'br/public:avm/res/managed-identity/user-assigned-identity:0.4.1' = [
  for role in roles: {
    name: 'identity-${role.name}'
    scope: group
    params: {
      name: '${abbreviations.identity}${token}-${role.name}'
      location: location
      tags: tags
      federatedIdentityCredentials: empty(kubernetesIssuer)
        ? []
        : [
            {
              name: 'kubernetes'
              issuer: kubernetesIssuer
              subject: 'system:serviceaccount:expedite:${role.name}'
              audiences: ['api://AzureADTokenExchange']
            }
            {
              name: 'keda'
              issuer: kubernetesIssuer
              subject: 'system:serviceaccount:kube-system:keda-operator'
              audiences: ['api://AzureADTokenExchange']
            }
          ]
    }
  }
]

// One after the other: the account takes an exclusive lock for each assignment.
@batchSize(1)
module storeRights 'app/cosmos-rights.bicep' = [
  for (role, i) in roles: {
    name: 'store-rights-${role.name}'
    scope: group
    params: {
      accountName: cosmos.outputs.name
      databaseName: databaseName
      metadataReaderId: cosmos.outputs.metadataReaderId
      principalId: identities[i].outputs.principalId
      writes: role.writes
      reads: role.reads
    }
  }
]

module parts 'app/role.bicep' = [
  for (role, i) in roles: {
    name: 'role-${role.name}'
    scope: group
    params: {
      location: location
      tags: tags
      abbreviations: abbreviations
      token: token
      role: role
      identityId: identities[i].outputs.resourceId
      principalId: identities[i].outputs.principalId
      clientId: identities[i].outputs.clientId
      serviceBusName: serviceBus.outputs.name
      watcherRoleId: serviceBus.outputs.watcherRoleId
      vaultName: vault.outputs.name
      vaultUri: vault.outputs.uri
      componentName: monitoring.outputs.componentName
      communicationName: hasCommunication ? mail!.outputs.name : ''
      mailSenderRoleId: hasCommunication ? mail!.outputs.senderRoleId : ''
      appsSubnetId: privateNetworking ? network!.outputs.appsSubnetId : ''
      endpointsSubnetId: privateNetworking ? network!.outputs.endpointsSubnetId : ''
      blobZoneId: privateNetworking ? network!.outputs.zoneIds.blob : ''
      hosting: {
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReady
        zoneRedundant: zoneRedundant
        updateStrategy: updateStrategy
        onFunctions: empty(kubernetesIssuer)
        kubernetesHostName: kubernetesHostName
        nextRing: nextRing
        nextShare: nextShare
        gatewaySubnetId: gatewayInNetwork ? network!.outputs.gatewaySubnetId : ''
      }
      sharedSettings: {
        COSMOS_ENDPOINT: cosmos.outputs.endpoint
        COSMOS_DATABASE: databaseName
        SERVICE_BUS__fullyQualifiedNamespace: serviceBus.outputs.fullyQualifiedNamespace
        SWEEP_SCHEDULE: sweepSchedule
        PUBLIC_URL: empty(publicUrl) ? ownUrl : publicUrl
        ANSWER_WITHIN_MS: '259200000'
        REMIND_BEFORE_MS: '86400000'
        FOLLOW_UP_SCHEDULE: '0 */5 * * * *'
        RECONCILE_SCHEDULE: reconcileSchedule
        RETRY_BASE_MS: '10000'
        RETRY_CAP_MS: '900000'
        CIRCUIT_OPEN_MS: '30000'
        CIRCUIT_OPEN_CAP_MS: '300000'
        RELEASE_SCHEDULE: releaseSchedule
        WATCH_SCHEDULE: '0 * * * * *'
        RUNBOOK_URL: runbookUrl
        MAIL_RATE_PER_SECOND: mailRatePerSecond
        MAIL_AMBIGUOUS_SENDS: '2'
        PAYMENTS_URL: paymentsUrl
        APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.telemetryConnectionString
        TELEMETRY_SAMPLING: telemetrySampling
      }
      providers: {
        stockProvider: stockProvider
        stockPartnerUrl: stockPartnerUrl
        mailProvider: mailProvider
        mailEndpoint: hasCommunication ? mail!.outputs.endpoint : ''
        alarmChat: alarmChat
      }
    }
  }
]

// The first role of the list is the one that takes requests.
module gateway 'app/gateway.bicep' = if (hasGateway) {
  name: 'gateway'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${abbreviations.apiManagement}${token}'
    sku: gatewaySku == 'StandardV2' ? 'StandardV2' : 'BasicV2'
    publisherName: publisherName
    publisherEmail: publisherEmail
    callsPerMinute: callsPerMinute
    nextShare: nextShare
    stableHostName: parts[0].outputs.stableHostName
    nextHostName: parts[0].outputs.nextHostName
    subnetId: gatewayInNetwork ? network!.outputs.gatewaySubnetId : ''
    workspaceId: monitoring.outputs.workspaceId
  }
}

module operators 'app/operators.bicep' = if (!empty(operatorsGroupId)) {
  name: 'operators'
  scope: group
  params: {
    groupId: operatorsGroupId
    serviceBusName: serviceBus.outputs.name
    vaultName: vault.outputs.name
    workspaceId: monitoring.outputs.workspaceId
  }
}

module operatorsStoreRights 'app/cosmos-rights.bicep' = if (!empty(operatorsGroupId)) {
  name: 'store-rights-operators'
  scope: group
  params: {
    accountName: cosmos.outputs.name
    databaseName: databaseName
    metadataReaderId: cosmos.outputs.metadataReaderId
    principalId: operatorsGroupId
    writes: operatorsWrite
    reads: operatorsRead
  }
  dependsOn: [storeRights]
}

module alarms 'app/alarms.bicep' = {
  name: 'alarms'
  scope: group
  params: {
    location: location
    tags: tags
    abbreviations: abbreviations
    token: token
    serviceBusId: serviceBus.outputs.id
    cosmosId: cosmos.outputs.id
    componentId: monitoring.outputs.componentId
    pageGroupId: monitoring.outputs.pageGroupId
    ticketGroupId: monitoring.outputs.ticketGroupId
    readyUrl: '${hasGateway ? gateway!.outputs.url : 'https://${parts[0].outputs.stableHostName}'}/api/health/ready'
    longQueue: longQueue
    runbookUrl: runbookUrl
  }
}

@description('The tenant of the identities.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('The resource group of everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Start of the names of the function apps; azure.yaml adds role and ring.')
output FUNCTION_APP_PREFIX string = '${abbreviations.functionApp}${token}'

@description('Where orders are placed.')
output API_URL string = '${hasGateway ? gateway!.outputs.url : 'https://${parts[0].outputs.stableHostName}'}/api'

@description('The gateway; empty where there is none.')
output GATEWAY_NAME string = hasGateway ? gateway!.outputs.name : ''

@description('Where clients of Cosmos DB connect.')
output COSMOS_ENDPOINT string = cosmos.outputs.endpoint

@description('The database of the app.')
output COSMOS_DATABASE string = databaseName

@description('Host name of the Service Bus namespace.')
output SERVICE_BUS_NAMESPACE string = serviceBus.outputs.fullyQualifiedNamespace

@description('Where mails are handed in; empty where they go to a mail server.')
output MAIL_ENDPOINT string = hasCommunication ? mail!.outputs.endpoint : ''

@description('The vault of the partners\' keys.')
output KEY_VAULT_NAME string = vault.outputs.name

@description('Where telemetry is sent; not a secret, since keys are switched off.')
output APPLICATIONINSIGHTS_CONNECTION_STRING string = monitoring.outputs.telemetryConnectionString

@description('What the manifests of each role are filled in with, where Kubernetes runs the app.')
output ROLES array = [
  for (role, i) in roles: {
    role: role.name
    clientId: identities[i].outputs.clientId
    storage: parts[i].outputs.storageName
  }
]
