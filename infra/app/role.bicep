@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Abbreviations of resource names.')
param abbreviations object

@description('What makes the names unique.')
param token string

@description('What this part of the app is for, from roles.json.')
param role object

@description('The identity that it runs under.')
param identityId string

@description('The same identity, as role assignments name it.')
param principalId string

@description('The same identity, as applications name it.')
param clientId string

@description('Service Bus namespace.')
param serviceBusName string

@description('The right to know how long queues are.')
param watcherRoleId string

@description('Key vault.')
param vaultName string

@description('Where the secrets are, with a slash at the end.')
param vaultUri string

@description('Application Insights.')
param componentName string

@description('Communication service of the template; empty where mails go elsewhere.')
param communicationName string

@description('The right to send mails through it.')
param mailSenderRoleId string

@description('The subnet to reach private endpoints from; empty without a virtual network.')
param appsSubnetId string

@description('The subnet of the private endpoints; empty without a virtual network.')
param endpointsSubnetId string

@description('The private zone of blob storage; empty without a virtual network.')
param blobZoneId string

@description('How the function apps of this role run: instanceMemoryMB, alwaysReady, zoneRedundant, updateStrategy, onFunctions, kubernetesHostName, nextRing, nextShare, gatewaySubnetId.')
param hosting object

@description('Settings that are the same for every role.')
param sharedSettings object

@description('Choice of providers: stockProvider, stockPartnerUrl, mailProvider, mailEndpoint, alarmChat.')
param providers object

var builtInRoles = loadJsonContent('built-in-roles.json')
var appName = '${abbreviations.functionApp}${token}-${role.name}'
// To look into a queue takes the right to receive from it.
var receivedQueues = concat(role.listensTo, role.peeksAt)
var isPrivate = !empty(endpointsSubnetId)

// An account per role: who may write a package may run code under the identity that reads it.
module storage 'br/public:avm/res/storage/storage-account:0.32.0' = {
  name: 'storage-${role.name}'
  params: {
    name: take('${abbreviations.storage}${token}${replace(role.name, '-', '')}', 24)
    location: location
    tags: tags
    kind: 'StorageV2'
    skuName: hosting.zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'None'
    }
    blobServices: {
      containers: [
        {
          name: 'package-stable'
        }
        {
          name: 'package-next'
        }
      ]
    }
    roleAssignments: [
      {
        principalId: principalId
        principalType: 'ServicePrincipal'
        roleDefinitionIdOrName: builtInRoles.storageBlobDataOwner
      }
    ]
  }
}

module storageEndpoint 'private-endpoint.bicep' = if (isPrivate) {
  name: 'storage-endpoint-${role.name}'
  params: {
    location: location
    tags: tags
    name: '${abbreviations.privateEndpoint}${token}-${role.name}-blob'
    serviceId: storage.outputs.resourceId
    groupId: 'blob'
    subnetId: endpointsSubnetId
    zoneId: blobZoneId
  }
}

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource listenedQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in receivedQueues: {
    parent: namespace
    name: queue
  }
]

resource sentQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in role.sendsToQueues: {
    parent: namespace
    name: queue
  }
]

resource sentTopics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = [
  for topic in role.sendsToTopics: {
    parent: namespace
    name: topic
  }
]

resource listens 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in receivedQueues: {
    name: guid(listenedQueues[i].id, principalId, builtInRoles.serviceBusDataReceiver)
    scope: listenedQueues[i]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        builtInRoles.serviceBusDataReceiver
      )
    }
  }
]

resource watches 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(role.listensTo)) {
  name: guid(namespace.id, principalId, watcherRoleId)
  scope: namespace
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: watcherRoleId
  }
}

resource sendsToQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in role.sendsToQueues: {
    name: guid(sentQueues[i].id, principalId, builtInRoles.serviceBusDataSender)
    scope: sentQueues[i]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        builtInRoles.serviceBusDataSender
      )
    }
  }
]

resource sendsToTopics 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (topic, i) in role.sendsToTopics: {
    name: guid(sentTopics[i].id, principalId, builtInRoles.serviceBusDataSender)
    scope: sentTopics[i]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        builtInRoles.serviceBusDataSender
      )
    }
  }
]

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(role.secrets)) {
  name: guid(vault.id, principalId, builtInRoles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtInRoles.keyVaultSecretsUser)
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource publishesTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, principalId, builtInRoles.monitoringMetricsPublisher)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.monitoringMetricsPublisher
    )
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: empty(communicationName) ? 'none' : communicationName
}

resource sendsMail 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (role.sendsMail && !empty(communicationName)) {
  name: guid(communication.id, principalId, mailSenderRoleId)
  scope: communication
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: mailSenderRoleId
  }
}

module stable 'function-app.bicep' = if (hosting.onFunctions) {
  name: 'app-${role.name}-stable'
  params: {
    location: location
    tags: tags
    name: '${appName}-stable'
    planName: '${abbreviations.plan}${token}-${role.name}-stable'
    role: role
    ring: 'stable'
    share: hosting.nextRing ? 100 - hosting.nextShare : 100
    identityId: identityId
    clientId: clientId
    storageName: storage.outputs.name
    packageContainerUrl: '${storage.outputs.primaryBlobEndpoint}package-stable'
    instanceMemoryMB: hosting.instanceMemoryMB
    alwaysReady: hosting.alwaysReady
    zoneRedundant: hosting.zoneRedundant
    updateStrategy: hosting.updateStrategy
    subnetId: appsSubnetId
    gatewaySubnetId: hosting.gatewaySubnetId
    vaultUri: vaultUri
    sharedSettings: sharedSettings
    providers: providers
  }
  // References to secrets are looked up when the app is made, and then not for hours.
  dependsOn: [readsSecrets]
}

module next 'function-app.bicep' = if (hosting.onFunctions && hosting.nextRing) {
  name: 'app-${role.name}-next'
  params: {
    location: location
    tags: tags
    name: '${appName}-next'
    planName: '${abbreviations.plan}${token}-${role.name}-next'
    role: role
    ring: 'next'
    share: hosting.nextShare
    identityId: identityId
    clientId: clientId
    storageName: storage.outputs.name
    packageContainerUrl: '${storage.outputs.primaryBlobEndpoint}package-next'
    instanceMemoryMB: hosting.instanceMemoryMB
    alwaysReady: hosting.alwaysReady
    zoneRedundant: hosting.zoneRedundant
    updateStrategy: hosting.updateStrategy
    subnetId: appsSubnetId
    gatewaySubnetId: hosting.gatewaySubnetId
    vaultUri: vaultUri
    sharedSettings: sharedSettings
    providers: providers
  }
  // References to secrets are looked up when the app is made, and then not for hours.
  dependsOn: [readsSecrets]
}

@description('Host name of the ring that most of the work goes to.')
output stableHostName string = hosting.onFunctions ? stable!.outputs.hostName : hosting.kubernetesHostName

@description('Host name of the other ring; empty where there is none.')
output nextHostName string = hosting.onFunctions && hosting.nextRing ? next!.outputs.hostName : ''

@description('Storage account of this role.')
output storageName string = storage.outputs.name
