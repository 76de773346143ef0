@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Globally unique.')
param name string

@description('The database of the app.')
param databaseName string

@description('Serverless bills by request; autoscale shares one throughput among all containers.')
@allowed(['serverless', 'autoscale'])
param mode string

@description('Request units per second that autoscale may go up to.')
@minValue(1000)
param maxThroughput int

@description('Spread over the zones of the region.')
param zoneRedundant bool

@description('How far back the account can be restored to any second.')
@allowed(['Continuous7Days', 'Continuous30Days'])
param backupTier string

@description('Reachable through private endpoints only.')
param privateNetworking bool

@description('The workspace that diagnostics go to.')
param workspaceId string

// Made by `npm run contracts` from shared/contracts/containers.ts.
var containerSpecs = loadJsonContent('containers.json')

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    // A worker is told of an order by a message and then reads it, through another replica than the writer's perhaps.
    consistencyPolicy: {
      defaultConsistencyLevel: 'Strong'
    }
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: zoneRedundant
      }
    ]
    capabilities: mode == 'serverless'
      ? [
          {
            name: 'EnableServerless'
          }
        ]
      : []
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: backupTier
      }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: {
      id: databaseName
    }
    options: mode == 'serverless'
      ? {}
      : {
          autoscaleSettings: {
            maxThroughput: maxThroughput
          }
        }
  }
}

resource containers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [
  for spec in containerSpecs: {
    parent: database
    name: spec.id
    properties: {
      resource: spec
    }
  }
]

// A client reads the account before anything else. Rights to documents are given container by container.
resource metadataReader 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2024-11-15' = {
  parent: account
  name: guid(account.id, 'metadata-reader')
  properties: {
    roleName: 'Expedite metadata reader'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [
      {
        dataActions: ['Microsoft.DocumentDB/databaseAccounts/readMetadata']
      }
    ]
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ControlPlaneRequests'
        enabled: true
      }
      {
        category: 'PartitionKeyRUConsumption'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Requests'
        enabled: true
      }
    ]
  }
}

@description('The account.')
output name string = account.name

@description('The account.')
output id string = account.id

@description('Where clients connect.')
output endpoint string = account.properties.documentEndpoint

@description('The right to read the account and its containers, but no document.')
output metadataReaderId string = metadataReader.id
