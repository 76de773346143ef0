@description('Where the resources are created.')
param location string

@description('On every resource.')
param tags object

@description('Globally unique.')
param name string

@description('StandardV2 can reach into a virtual network.')
@allowed(['BasicV2', 'StandardV2'])
param sku string

@description('Who is named as the publisher.')
param publisherName string

@description('Where API Management sends its notices.')
param publisherEmail string

@description('Requests of one brand per minute; more are answered 429 with Retry-After.')
@minValue(1)
param callsPerMinute int

@description('Percent of the requests that the next ring takes.')
@minValue(0)
@maxValue(100)
param nextShare int

@description('Host name of the stable ring.')
param stableHostName string

@description('Host name of the next ring; empty where there is none.')
param nextHostName string

@description('The subnet to reach the apps through; empty without a virtual network. Needs StandardV2.')
param subnetId string

@description('The workspace that diagnostics go to.')
param workspaceId string

// The app's own limit: MAX_BODY_BYTES in shared/contracts/order-request.ts.
var maxBodyBytes = 65536

var namedValues = {
  'max-body-bytes': string(maxBodyBytes)
  'calls-per-minute': string(callsPerMinute)
  'next-share': string(empty(nextHostName) ? 0 : nextShare)
}

var rings = {
  stable: stableHostName
  next: empty(nextHostName) ? stableHostName : nextHostName
}

resource gateway 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    capacity: 1
  }
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    publisherName: publisherName
    publisherEmail: publisherEmail
    developerPortalStatus: 'Disabled'
    legacyPortalStatus: 'Disabled'
    virtualNetworkType: empty(subnetId) ? 'None' : 'External'
    virtualNetworkConfiguration: empty(subnetId)
      ? null
      : {
          subnetResourceId: subnetId
        }
  }
}

resource values 'Microsoft.ApiManagement/service/namedValues@2024-05-01' = [
  for item in items(namedValues): {
    parent: gateway
    name: item.key
    properties: {
      displayName: item.key
      value: item.value
      secret: false
    }
  }
]

resource backends 'Microsoft.ApiManagement/service/backends@2024-05-01' = [
  for ring in ['stable', 'next']: {
    parent: gateway
    name: ring
    properties: {
      description: 'The ${ring} ring'
      url: 'https://${rings[ring]}/api'
      protocol: 'http'
      tls: {
        validateCertificateChain: true
        validateCertificateName: true
      }
    }
  }
]

resource api 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: gateway
  name: 'expedite'
  properties: {
    displayName: 'Expedite'
    path: 'api'
    protocols: ['https']
    // Callers carry keys of their own, which the app checks.
    subscriptionRequired: false
  }
}

resource operations 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [
  for method in ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']: {
    parent: api
    name: toLower(method)
    properties: {
      displayName: method
      method: method
      urlTemplate: '/*'
    }
  }
]

resource policy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: api
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: loadTextContent('gateway-policy.xml')
  }
  dependsOn: [values, backends]
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: gateway
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'GatewayLogs'
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

@description('The gateway.')
output name string = gateway.name

@description('Where it takes requests.')
output url string = gateway.properties.gatewayUrl
