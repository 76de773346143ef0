import type { Grants } from "../access/grants.ts";
import type { SharedAccessKey } from "../access/sas.ts";
import type { Namespace } from "../broker/namespace.ts";
import type { Log } from "../../part.ts";
import type { Replies } from "./replies.ts";

/** What the handlers of links work with. */
export interface BrokerContext {
  readonly namespace: Namespace;
  readonly keys: readonly SharedAccessKey[];
  readonly grants: Grants;
  readonly replies: Replies;
  readonly log: Log;
  /** Host and port as clients write them; part of the texts they recognise errors by. */
  readonly host: () => string;
}
