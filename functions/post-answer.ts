import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { publicHandler } from "#shared/bindings/http.ts";
import { questionIn, refusal, wantsPage } from "#shared/bindings/question.ts";
import { parseBody } from "#shared/bindings/request-body.ts";
import { AnswerRequest } from "#shared/contracts/resources.ts";
import { answerQuestion } from "#shared/use-cases/answer-question.ts";

/** Takes a customer's answer from the page's form or as JSON. */
app.http("post-answer", {
  methods: ["POST"],
  route: "questions/{token}",
  authLevel: "anonymous", // the link itself is the key
  handler: publicHandler(loadApp, async (deps, request, occasion) => {
    const name = questionIn(deps.links, request);
    if (name === undefined) return refusal(request, "not-found");
    const body = await parseBody(request, AnswerRequest, { formToo: true });
    if (!body.ok) return wantsPage(request) ? refusal(request, "not-offered") : body.refusal;
    const result = await answerQuestion(deps, name, body.value, occasion);
    if (!result.ok) {
      if (result.reason === "closed") return refusal(request, "question-closed");
      if (result.reason === "answered-otherwise") return refusal(request, result.reason);
      return refusal(request, "not-offered", { detail: `The answers are ${result.choices.join(", ")}.` });
    }
    // A browser is sent back to the question, so that loading the page again posts nothing. (The address is relative: gateways.)
    if (wantsPage(request)) {
      return {
        status: 303,
        headers: { location: request.params["token"] ?? "", "cache-control": "no-store" },
      };
    }
    return { status: 202, headers: { "cache-control": "no-store" }, jsonBody: result.receipt };
  }),
});
