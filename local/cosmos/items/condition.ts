import type { Json } from "../json.ts";
import { compile, type Evaluate } from "../sql/evaluate.ts";
import { parseCondition } from "../sql/parse-query.ts";
import { makeScope } from "../sql/select.ts";
import { startWork } from "../sql/work.ts";

const MAX_REMEMBERED = 1000;
const compiled = new Map<string, Evaluate>();
const always: Evaluate = () => true;

/** Does `from c where …` hold for the document? Texts repeat or are short-lived, so compiling is remembered. */
export function holds(condition: string, document: Json): boolean {
  let test = compiled.get(condition);
  if (test === undefined) {
    const { alias, where } = parseCondition(condition);
    test = where === undefined ? always : compile(where, makeScope(new Map(), 0, alias));
    if (compiled.size >= MAX_REMEMBERED) compiled.clear();
    compiled.set(condition, test);
  }
  startWork();
  return test([document]) === true;
}
