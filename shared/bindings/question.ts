import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { type ProblemName, problems } from "#shared/contracts/problems.ts";
import { pageHeaders } from "#shared/domain/pages/page.ts";
import { refusedAnswerPage, unknownQuestionPage } from "#shared/domain/pages/question-page.ts";
import type { QuestionLinks, QuestionName } from "#shared/domain/question-link.ts";
import { problem, type ProblemDetails } from "./problem.ts";

/** People's browsers ask for HTML; programs that say nothing get JSON. */
export const wantsPage = (request: HttpRequest): boolean =>
  (request.headers.get("accept") ?? "").toLowerCase().includes("text/html");

export const htmlAnswer = (status: number, body: string): HttpResponseInit => ({
  status,
  headers: { ...pageHeaders },
  body,
});

/** A refusal in the words of whoever asked. */
export function refusal(
  request: HttpRequest,
  name: ProblemName,
  details: ProblemDetails = {},
): HttpResponseInit {
  if (!wantsPage(request)) return problem(name, { ...details, headers: { "cache-control": "no-store" } });
  const { status, title } = problems[name];
  return htmlAnswer(status, name === "not-found" ? unknownQuestionPage() : refusedAnswerPage(title));
}

/** What the link stands for; undefined for whatever was not made here, before any store is asked. */
export const questionIn = (links: QuestionLinks, request: HttpRequest): QuestionName | undefined =>
  links.read(request.params["token"] ?? "");
