@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Abbreviations of resource names.')
param abbreviations object

@description('What makes the names unique.')
param token string

@description('A /22 or larger; the rest of the address plan follows from it.')
param addressPrefix string

var zoneNames = {
  serviceBus: 'privatelink.servicebus.windows.net'
  cosmos: 'privatelink.documents.azure.com'
  vault: 'privatelink.vaultcore.azure.net'
  blob: 'privatelink.blob.${environment().suffixes.storage}'
}

// The rules that every group has from birth: nothing from outside comes in.
resource closed 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${abbreviations.networkSecurityGroup}${token}'
  location: location
  tags: tags
  properties: {}
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: '${abbreviations.virtualNetwork}${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 0)
          networkSecurityGroup: {
            id: closed.id
          }
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 1)
          networkSecurityGroup: {
            id: closed.id
          }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
      {
        name: 'gateway'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 2)
          networkSecurityGroup: {
            id: closed.id
          }
          delegations: [
            {
              name: 'api-management'
              properties: {
                serviceName: 'Microsoft.Web/serverFarms'
              }
            }
          ]
          serviceEndpoints: [
            {
              service: 'Microsoft.Web'
            }
          ]
        }
      }
    ]
  }
}

module zones 'br/public:avm/res/network/private-dns-zone:0.7.1' = [
  for zone in items(zoneNames): {
    name: 'zone-${zone.key}'
    params: {
      name: zone.value
      tags: tags
      virtualNetworkLinks: [
        {
          virtualNetworkResourceId: network.id
          registrationEnabled: false
        }
      ]
    }
  }
]

@description('Where the function apps reach into the network.')
output appsSubnetId string = '${network.id}/subnets/apps'

@description('Where API Management reaches into the network.')
output gatewaySubnetId string = '${network.id}/subnets/gateway'

@description('Where private endpoints are.')
output endpointsSubnetId string = '${network.id}/subnets/endpoints'

@description('The private zones by service.')
output zoneIds object = {
  serviceBus: resourceId('Microsoft.Network/privateDnsZones', zoneNames.serviceBus)
  cosmos: resourceId('Microsoft.Network/privateDnsZones', zoneNames.cosmos)
  vault: resourceId('Microsoft.Network/privateDnsZones', zoneNames.vault)
  blob: resourceId('Microsoft.Network/privateDnsZones', zoneNames.blob)
}
