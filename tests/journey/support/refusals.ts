import { expect } from "vitest";
import { Problem, problems } from "#shared/contracts/problems.ts";
import type { RawAnswer } from "./raw-http.ts";

/** What `answer` says, as "status name"; throws where it is no proper problem document. */
export function problemIn(answer: RawAnswer | undefined): string {
  if (answer === undefined) throw new Error("no answer");
  const { status, headers, body } = answer;
  if (headers.get("content-type") !== "application/problem+json")
    throw new Error(`${status} without a problem document: ${body.slice(0, 200)}`);
  const problem = Problem.parse(JSON.parse(body));
  const known = Object.entries(problems).find(([name]) => problem.type === `/problems/${name}`);
  expect({ status: problem.status, title: problem.title }).toEqual(known?.[1]);
  expect(problem.status).toBe(status);
  return `${status} ${known?.[0]}`;
}
