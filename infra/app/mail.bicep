@description('On every resource.')
param tags object

@description('Abbreviations of resource names.')
param abbreviations object

@description('What makes the names unique.')
param token string

@description('Where mails are kept at rest, for example Europe or Australia.')
param dataLocation string

// A domain of Azure's to begin with. Brands send from their own ones: see docs/operations.md.
resource email 'Microsoft.Communication/emailServices@2025-09-01' = {
  name: '${abbreviations.email}${token}'
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
  }
}

resource domain 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: email
  name: 'AzureManagedDomain'
  location: 'global'
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: '${abbreviations.communication}${token}'
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: [domain.id]
  }
}

// There is no built-in role that may send mails and do nothing else.
resource sender 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'mail-sender')
  properties: {
    roleName: 'Expedite mail sender (${token})'
    description: 'Sends mails through Azure Communication Services.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Communication/CommunicationServices/read'
          'Microsoft.Communication/CommunicationServices/write'
          'Microsoft.Communication/EmailServices/write'
        ]
      }
    ]
  }
}

@description('The communication service.')
output name string = communication.name

@description('Where mails are handed in.')
output endpoint string = 'https://${communication.properties.hostName}/'

@description('The right to send mails.')
output senderRoleId string = sender.id
