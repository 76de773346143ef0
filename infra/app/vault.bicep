@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Globally unique.')
@maxLength(24)
param name string

@description('A deleted vault cannot be emptied before its time, nor its name be used again. Not for short-lived environments.')
param purgeProtection bool

@description('Reachable through private endpoints only.')
param privateNetworking bool

@description('The workspace that diagnostics go to.')
param workspaceId string

@secure()
@description('Keys that sign the links in mails. Empty: the secret is left as it is.')
param linkKeys string

@secure()
@description('Key of the payment provider. Empty: the secret is left as it is.')
param paymentsKey string

@secure()
@description('Key of the stock partner. Empty: the secret is left as it is.')
param stockPartnerKey string

@secure()
@description('Address of the mail server with user and password. Empty: the secret is left as it is.')
param smtpUrl string

@secure()
@description('An incoming webhook of a chat that alarms are said in. Empty: the secret is left as it is.')
param alarmChatUrl string

module vault 'br/public:avm/res/key-vault/vault:0.13.3' = {
  name: 'key-vault'
  params: {
    name: name
    location: location
    tags: tags
    sku: 'standard'
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: purgeProtection ? 90 : 7
    enablePurgeProtection: purgeProtection
    enableVaultForDeployment: false
    enableVaultForDiskEncryption: false
    enableVaultForTemplateDeployment: false
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    diagnosticSettings: [
      {
        workspaceResourceId: workspaceId
      }
    ]
  }
}

resource created 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: name
}

resource links 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(linkKeys)) {
  parent: created
  name: 'link-keys'
  properties: {
    value: linkKeys
  }
  dependsOn: [vault]
}

resource payments 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(paymentsKey)) {
  parent: created
  name: 'payments-key'
  properties: {
    value: paymentsKey
  }
  dependsOn: [vault]
}

resource stockPartner 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(stockPartnerKey)) {
  parent: created
  name: 'stock-partner-key'
  properties: {
    value: stockPartnerKey
  }
  dependsOn: [vault]
}

resource smtp 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(smtpUrl)) {
  parent: created
  name: 'smtp-url'
  properties: {
    value: smtpUrl
  }
  dependsOn: [vault]
}

resource alarmChat 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(alarmChatUrl)) {
  parent: created
  name: 'alarm-chat-url'
  properties: {
    value: alarmChatUrl
  }
  dependsOn: [vault]
}

@description('The vault.')
output name string = vault.outputs.name

@description('The vault.')
output id string = vault.outputs.resourceId

@description('Where the secrets are, with a slash at the end.')
output uri string = vault.outputs.uri
