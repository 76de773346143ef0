import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, Value } from "#local/cosmos/json.ts";
import { parseQuery } from "#local/cosmos/sql/parse-query.ts";
import { compileSelect, makeScope, resultsOf } from "#local/cosmos/sql/select.ts";
import { startWork } from "#local/cosmos/sql/work.ts";
import { canonical, documents, node, textOf, valueOf } from "./naive-model.ts";

function evaluate(query: string, document: Json): Value[] {
  startWork();
  return [...resultsOf(compileSelect(parseQuery(query), makeScope(), true), [document])];
}

test("expressions mean what the naive model says", () => {
  fc.assert(
    fc.property(node, documents, (tree, document) => {
      const found = evaluate(`SELECT VALUE {r: ${textOf(tree)}} FROM c`, document);
      const expected = valueOf(tree, document);
      expect(found).toEqual([expected === undefined ? {} : { r: expected }]);
    }),
    { numRuns: 3000 },
  );
});

test("filters, groups, distinct and joins agree with loops over arrays", () => {
  const list = fc.array(documents, { maxLength: 6 });
  fc.assert(
    fc.property(list, node, (all, tree) => {
      const text = textOf(tree);
      const holder = { all };
      const kept = all.filter((document) => valueOf(tree, document) === true);
      const from = `FROM c IN h.all WHERE ${text}`;
      expect(evaluate(`SELECT VALUE ARRAY(SELECT VALUE c ${from}) FROM h`, holder)).toEqual([kept]);
      const xs = kept.map((document) => document["x"]);
      const distinct = [...new Map(xs.map((x) => [x === undefined ? "" : canonical(x), x])).values()];
      const defined = distinct.filter((x) => x !== undefined);
      const found = evaluate(`SELECT VALUE ARRAY(SELECT DISTINCT VALUE c.x ${from}) FROM h`, holder)[0];
      expect(new Set(Array.isArray(found) ? found.map(canonical) : [])).toEqual(
        new Set(defined.map(canonical)),
      );
      const groups = evaluate(
        `SELECT VALUE ARRAY(SELECT c.x, COUNT(1) AS n ${from} GROUP BY c.x) FROM h`,
        holder,
      )[0];
      expect(groups).toHaveLength(distinct.length);
      const joined = kept.flatMap((document) => (Array.isArray(document["y"]) ? document["y"] : []));
      const join = from.replace("WHERE", "JOIN e IN c.y WHERE");
      expect(evaluate(`SELECT VALUE ARRAY(SELECT VALUE e ${join}) FROM h`, holder)).toEqual([joined]);
    }),
    { numRuns: 1500 },
  );
});
