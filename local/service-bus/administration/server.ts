import { createServer } from "node:http";
import type { SharedAccessKey } from "../access/sas.ts";
import type { Log } from "../../part.ts";
import type { Namespace } from "../broker/namespace.ts";
import { type Listening, listenOnLoopback } from "../listen.ts";

export interface AdministrationParts {
  readonly namespace: Namespace;
  readonly keys: readonly SharedAccessKey[];
  readonly log: Log;
}

export async function startAdministration(port: number, parts: AdministrationParts): Promise<Listening> {
  void parts;
  return await listenOnLoopback(() => createServer((_, response) => response.end("{}")), port);
}
