@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Of the function app; globally unique.')
@maxLength(60)
param name string

@description('Of its plan. Flex Consumption has one app to a plan.')
param planName string

@description('What this app is for, from roles.json.')
param role object

@description('Two generations of the app may run beside each other.')
@allowed(['stable', 'next'])
param ring string

@description('Percent of the work that this ring is meant to take; at 0 a worker is stopped.')
@minValue(0)
@maxValue(100)
param share int

@description('The identity that the app runs under.')
param identityId string

@description('The same identity, as applications name it.')
param clientId string

@description('Storage account of the host and of the deployed package.')
param storageName string

@description('The blob container that holds the deployed package, with its address.')
param packageContainerUrl string

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances that wait for requests, so that none has to wait for an instance.')
@minValue(0)
param alwaysReady int

@description('Spread over the zones of the region.')
param zoneRedundant bool

@description('Whether a deployment replaces instances batch by batch or all at once.')
@allowed(['RollingUpdate', 'Recreate'])
param updateStrategy string

@description('The subnet to reach private endpoints from; empty without a virtual network.')
param subnetId string

@description('The only subnet that requests may come from; empty: from anywhere.')
param gatewaySubnetId string

@description('Where the secrets are, with a slash at the end.')
param vaultUri string

@description('Settings that are the same for every role.')
param sharedSettings object

@description('Choice of providers: stockProvider, stockPartnerUrl, mailProvider, mailEndpoint, alarmChat.')
param providers object

var usesStockPartner = contains(role.secrets, 'STOCK_PARTNER_KEY') && providers.stockProvider != 'cosmos'
var usesSmtp = role.sendsMail && providers.mailProvider == 'smtp'
var saysAlarms = contains(role.secrets, 'ALARM_CHAT_URL') && providers.alarmChat

// The same package is deployed everywhere; this list says which of its functions run here.
var functionList = toObject(
  range(0, length(role.functions)),
  i => 'AzureFunctionsJobHost__functions__${i}',
  i => role.functions[i]
)

// What the schema of the settings demands is there for every role, but a secret only where it is used.
var settings = union(sharedSettings, functionList, {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  AzureFunctionsWebHost__hostid: '${role.name}-${ring}'
  AZURE_CLIENT_ID: clientId
  SERVICE_BUS__credential: 'managedidentity'
  SERVICE_BUS__clientId: clientId
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${clientId}'
  OTEL_SERVICE_NAME: name
  PAYMENTS_KEY: contains(role.secrets, 'PAYMENTS_KEY')
    ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/payments-key)'
    : 'not-for-this-role'
  LINK_KEYS: contains(role.secrets, 'LINK_KEYS')
    ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/link-keys)'
    : 'not-for-this-role'
  STOCK_PROVIDER: usesStockPartner ? providers.stockProvider : 'cosmos'
  STOCK_PARTNER_URL: usesStockPartner ? providers.stockPartnerUrl : ''
  STOCK_PARTNER_KEY: usesStockPartner ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/stock-partner-key)' : ''
  MAIL_PROVIDER: usesSmtp ? 'smtp' : 'acs'
  MAIL_ENDPOINT: empty(providers.mailEndpoint) ? 'https://not-for-this-role.invalid/' : providers.mailEndpoint
  SMTP_URL: usesSmtp ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/smtp-url)' : ''
  ALARM_CHAT_URL: saysAlarms ? '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/alarm-chat-url)' : ''
})

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    // Requests are shared out by the gateway: the way back must not wait for a start.
    enabled: role.http || share > 0
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      runtime: {
        name: 'node'
        version: '24'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: role.http
          ? role.scale.mostInstances
          : max(1, role.scale.mostInstances * share / 100)
        alwaysReady: role.http && alwaysReady > 0 && (ring == 'stable' || share > 0)
          ? [
              {
                name: 'http'
                instanceCount: zoneRedundant ? max(2, alwaysReady) : alwaysReady
              }
            ]
          : []
      }
      siteUpdateStrategy: {
        type: updateStrategy
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: role.http && empty(gatewaySubnetId) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: role.http && !empty(gatewaySubnetId)
        ? [
            {
              name: 'gateway'
              action: 'Allow'
              priority: 100
              vnetSubnetResourceId: gatewaySubnetId
            }
          ]
        : []
      // Deployment comes in by another door, which has its own lock: Microsoft Entra ID.
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      appSettings: map(items(settings), setting => {
        name: setting.key
        value: setting.value
      })
    }
  }
}

// No publishing passwords.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [
  for door in ['ftp', 'scm']: {
    parent: app
    name: door
    properties: {
      allow: false
    }
  }
]

@description('The function app.')
output name string = app.name

@description('Where it takes requests.')
output hostName string = app.properties.defaultHostName
