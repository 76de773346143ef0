@description('The Cosmos DB account.')
param accountName string

@description('The database of the app.')
param databaseName string

@description('The right to read the account and its containers.')
param metadataReaderId string

@description('Who is given the rights.')
param principalId string

@description('Names of the containers whose documents may be written and read.')
param writes array

@description('Names of the containers whose documents may be read.')
param reads array

var builtInReader = '00000000-0000-0000-0000-000000000001'
var builtInContributor = '00000000-0000-0000-0000-000000000002'

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: accountName
}

// One after the other: an account takes an exclusive lock for each of these.
resource metadata 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: account
  name: guid(account.id, principalId, metadataReaderId)
  properties: {
    principalId: principalId
    roleDefinitionId: metadataReaderId
    scope: account.id
  }
}

@batchSize(1)
resource writers 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = [
  for container in writes: {
    parent: account
    name: guid(account.id, principalId, container, builtInContributor)
    properties: {
      principalId: principalId
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${builtInContributor}'
      scope: '${account.id}/dbs/${databaseName}/colls/${container}'
    }
    dependsOn: [metadata]
  }
]

@batchSize(1)
resource readers 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = [
  for container in reads: {
    parent: account
    name: guid(account.id, principalId, container, builtInReader)
    properties: {
      principalId: principalId
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${builtInReader}'
      scope: '${account.id}/dbs/${databaseName}/colls/${container}'
    }
    dependsOn: [writers]
  }
]
