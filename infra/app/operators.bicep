@description('A group of Microsoft Entra ID: the people who run the shop.')
param groupId string

@description('Service Bus namespace.')
param serviceBusName string

@description('Key vault.')
param vaultName string

@description('Log Analytics workspace.')
param workspaceId string

var builtInRoles = loadJsonContent('built-in-roles.json')

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: last(split(workspaceId, '/'))
}

// To look at dead letters and to send them again.
resource messages 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for right in [builtInRoles.serviceBusDataReceiver, builtInRoles.serviceBusDataSender]: {
    name: guid(namespace.id, groupId, right)
    scope: namespace
    properties: {
      principalId: groupId
      principalType: 'Group'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', right)
    }
  }
]

resource secrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, groupId, builtInRoles.keyVaultSecretsOfficer)
  scope: vault
  properties: {
    principalId: groupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.keyVaultSecretsOfficer
    )
  }
}

resource logs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, groupId, builtInRoles.monitoringReader)
  scope: workspace
  properties: {
    principalId: groupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtInRoles.monitoringReader)
  }
}
