import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openApiDocument } from "#shared/contracts/openapi.ts";
import { asyncApiDocument } from "./contracts/asyncapi.ts";
import { updateInfraDocuments } from "./infra-topology.ts";

/**
 * Writes the contracts that people read without running anything, and what the infrastructure is made from; `--check` only
 * compares, and fails when a schema has changed and the published document has not.
 */
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const folder = join(import.meta.dirname, "..", "docs", "contracts");
const documents = { "openapi.json": openApiDocument(), "asyncapi.json": asyncApiDocument() };

const drifted: string[] = [];
for (const [name, document] of Object.entries(documents)) {
  const file = join(folder, name);
  const made = `${JSON.stringify(document, null, 2)}\n`;
  if (!values.check) {
    writeFileSync(file, made);
    continue;
  }
  if (readOrEmpty(file) !== made) drifted.push(`docs/contracts/${name}`);
}
const infra = updateInfraDocuments({ check: values.check });
if (values.check) drifted.push(...infra);
if (drifted.length > 0) {
  console.error(`${drifted.join(", ")} no longer match the schemas. Run: npm run contracts`);
  process.exitCode = 1;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
