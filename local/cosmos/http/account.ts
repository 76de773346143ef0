import { json, type Reply } from "./reply.ts";
import { header, type Request } from "./request.ts";

const REGION = "Local";

/**
 * The account document. Clients go on with the address they find here, so it is the one they came by. The id must not be
 * `localhost`: then @azure/cosmos ignores the locations and reads the account again, twice before every request.
 */
export function readAccount(request: Request): Reply {
  const endpoint = `http://${header(request, "host") ?? "127.0.0.1"}/`;
  const location = [{ name: REGION, databaseAccountEndpoint: endpoint }];
  return json(200, {
    _self: "",
    id: "expedite",
    _rid: "expedite",
    media: "//media/",
    addresses: "//addresses/",
    _dbs: "//dbs/",
    writableLocations: location,
    readableLocations: location,
    enableMultipleWriteLocations: false,
    enablePerPartitionFailoverBehavior: false,
    userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 1 },
    userConsistencyPolicy: { defaultConsistencyLevel: "Session" },
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 1 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: "{}",
  });
}
