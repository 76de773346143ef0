import type { Container } from "@azure/cosmos";
import { Finding } from "#shared/contracts/finding.ts";
import type { Findings } from "#shared/ports/findings.ts";
import { asking, status, statusOf } from "./cosmos-faults.ts";
import { fromDocument, toDocument } from "./documents.ts";

/** Findings in Cosmos DB, one document each. There are few of them, or something else is wrong. */
export const createCosmosFindings = (container: Container): Findings => ({
  async open() {
    const { resources } = await asking(() => container.items.readAll().fetchAll());
    const findings = resources.map((document) => fromDocument(Finding, document));
    return findings.toSorted((a, b) => (a.firstSeenAt < b.firstSeenAt ? -1 : 1));
  },
  async put(finding) {
    await asking(() => container.items.upsert(toDocument(finding)));
  },
  async remove(id) {
    await asking(async () => {
      try {
        await container.item(id, id).delete();
      } catch (error) {
        if (statusOf(error) !== status.notFound) throw error;
      }
    });
  },
});
