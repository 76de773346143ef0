/**
 * What the templates load instead of repeating it: `infra/app/*.json` and the Kubernetes manifests, made from the contracts;
 * and a picture of what they come to.
 * `npm run contracts` writes them, `npm run check` compares. Alone: `node scripts/infra-topology.ts [--check]`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { containers } from "#shared/contracts/containers.ts";
import { topicNames, topology } from "#shared/contracts/topology.ts";
import { drainCurve } from "./drain-curve/picture.ts";
import { cosmosContainers } from "./infra/cosmos.ts";
import { kubernetesManifests } from "./infra/kubernetes.ts";
import { type Role, roles } from "./infra/roles.ts";
import { serviceBusEntities } from "./infra/service-bus.ts";

const root = join(import.meta.dirname, "..");
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Queues and topics apart, as rights are given to each in another way. */
function rightsOf({ sendsTo, ...role }: Role) {
  const topics = sendsTo.filter((name) => topicNames.some((topic) => topic === name));
  return { ...role, sendsToQueues: sendsTo.filter((name) => !topics.includes(name)), sendsToTopics: topics };
}

/** Path from the project's folder → text. */
export function infraDocuments(): Map<string, string> {
  return new Map([
    ["infra/app/topology.json", json(serviceBusEntities(topology))],
    ["infra/app/containers.json", json(cosmosContainers(Object.values(containers)))],
    ["infra/app/roles.json", json(roles.map(rightsOf))],
    ["docs/pictures/drain-curve.svg", drainCurve()],
    ...[...kubernetesManifests(roles)].map(
      ([file, text]) => [`infra/kubernetes/${file}`, text] as [string, string],
    ),
  ]);
}

/** Writes what has changed, or only says what would change. Returns the paths. */
export function updateInfraDocuments(options: { readonly check: boolean }): string[] {
  const changed: string[] = [];
  for (const [path, text] of infraDocuments()) {
    const file = join(root, path);
    if (readOrEmpty(file) === text) continue;
    changed.push(path);
    if (!options.check) writeFileSync(file, text);
  }
  return changed;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const changed = updateInfraDocuments({ check: values.check });
  for (const path of changed) console.log(`${values.check ? "out of date" : "written"}: ${path}`);
  if (values.check && changed.length > 0) process.exitCode = 1;
}
