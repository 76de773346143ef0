@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Of the endpoint.')
param name string

@description('What is reached through the endpoint.')
param serviceId string

@description('Which part of it, in the words of Private Link.')
@allowed(['namespace', 'Sql', 'vault', 'blob'])
param groupId string

@description('The subnet that the endpoint is in.')
param subnetId string

@description('The private zone that holds its name.')
param zoneId string

module endpoint 'br/public:avm/res/network/private-endpoint:0.11.1' = {
  name: take('endpoint-${name}', 64)
  params: {
    name: name
    location: location
    tags: tags
    subnetResourceId: subnetId
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: serviceId
          groupIds: [groupId]
        }
      }
    ]
    privateDnsZoneGroup: {
      privateDnsZoneGroupConfigs: [
        {
          privateDnsZoneResourceId: zoneId
        }
      ]
    }
  }
}
