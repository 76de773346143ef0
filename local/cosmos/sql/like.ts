import { spend } from "./work.ts";

/** One step of a LIKE pattern: any run, any one character, or one of a set. */
type Step = "run" | { readonly test: (character: string) => boolean };

const any: Step = { test: () => true };

/** Compiles a pattern with `%`, `_`, `[abc]`, `[a-z]`, `[^…]` and an optional escape character. */
export function compileLike(pattern: string, escape: string | undefined): (text: string) => boolean {
  const steps: Step[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    if (character === escape && at + 1 < characters.length) steps.push(exactly(characters[++at]!));
    else if (character === "%") steps.push("run");
    else if (character === "_") steps.push(any);
    else if (character === "[" && characters.indexOf("]", at + 2) > 0) {
      const close = characters.indexOf("]", at + 2);
      steps.push(oneOf(characters.slice(at + 1, close)));
      at = close;
    } else steps.push(exactly(character));
  }
  return (text) => matches(steps, Array.from(text));
}

const exactly = (wanted: string): Step => ({ test: (character) => character === wanted });

function oneOf(set: readonly string[]): Step {
  const negated = set[0] === "^";
  const members = negated ? set.slice(1) : set;
  const contains = (character: string): boolean => {
    for (let at = 0; at < members.length; at++) {
      if (members[at + 1] === "-" && at + 2 < members.length) {
        if (character >= members[at]! && character <= members[at + 2]!) return true;
        at += 2;
      } else if (members[at] === character) return true;
    }
    return false;
  };
  return { test: (character) => contains(character) !== negated };
}

/** Goes back to the latest run only, so the cost is bounded by text × pattern. */
function matches(steps: readonly Step[], text: readonly string[]): boolean {
  let step = 0;
  let at = 0;
  let run = -1;
  let resume = 0;
  while (at < text.length) {
    spend(1);
    const current = steps[step];
    if (current === "run") {
      run = step++;
      resume = at;
    } else if (current !== undefined && current.test(text[at]!)) {
      step++;
      at++;
    } else if (run >= 0) {
      step = run + 1;
      at = ++resume;
    } else return false;
  }
  while (steps[step] === "run") step++;
  return step === steps.length;
}
