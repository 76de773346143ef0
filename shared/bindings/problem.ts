import type { HttpResponseInit } from "@azure/functions";
import { type Problem, type ProblemName, problems } from "#shared/contracts/problems.ts";

export interface ProblemDetails {
  readonly detail?: string;
  readonly errors?: Problem["errors"];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal as RFC 9457 `application/problem+json`. */
export function problem(name: ProblemName, details: ProblemDetails = {}): HttpResponseInit {
  const { status, title } = problems[name];
  const body: Problem = {
    type: `/problems/${name}`,
    title,
    status,
    ...(details.detail === undefined ? {} : { detail: details.detail }),
    ...(details.errors === undefined ? {} : { errors: details.errors }),
  };
  return {
    status,
    headers: { "content-type": "application/problem+json", ...details.headers },
    body: JSON.stringify(body),
  };
}
