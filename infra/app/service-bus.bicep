@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Globally unique.')
param name string

@description('Premium is isolated, has a virtual network and larger messages.')
@allowed(['Standard', 'Premium'])
param sku string

@description('Messaging units of Premium.')
@allowed([1, 2, 4, 8, 16])
param capacity int

@description('Reachable through private endpoints only; needs Premium.')
param privateNetworking bool

@description('The workspace that diagnostics go to.')
param workspaceId string

// Made by `npm run contracts` from shared/contracts/topology.ts.
var topology = loadJsonContent('topology.json')

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    tier: sku
    capacity: sku == 'Premium' ? capacity : null
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in topology.queues: {
    parent: namespace
    name: queue.name
    properties: queue.properties
  }
]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [
  for topic in topology.topics: {
    parent: namespace
    name: topic.name
    properties: topic.properties
  }
]

// The queue that a subscription forwards to has to be there first.
resource subscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [
  for subscription in topology.subscriptions: {
    name: '${namespace.name}/${subscription.topic}/${subscription.name}'
    properties: subscription.properties
    dependsOn: [queues, topics]
  }
]

resource rules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [
  for rule in topology.rules: {
    name: '${namespace.name}/${rule.topic}/${rule.subscription}/${rule.name}'
    properties: rule.properties
    dependsOn: [subscriptions]
  }
]

// Whoever scales a consumer has to know how long its queue is. The built-in role for that may read messages too.
resource watcher 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(namespace.id, 'queue-watcher')
  properties: {
    roleName: 'Expedite queue watcher (${name})'
    description: 'Reads how many messages are in a queue, but no message.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: ['Microsoft.ServiceBus/namespaces/read', 'Microsoft.ServiceBus/namespaces/*/read']
      }
    ]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'OperationalLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('The namespace.')
output name string = namespace.name

@description('The namespace.')
output id string = namespace.id

@description('Its host name, without a scheme.')
output fullyQualifiedNamespace string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]

@description('The right to know how long queues are.')
output watcherRoleId string = watcher.id
