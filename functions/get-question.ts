import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { publicHandler } from "#shared/bindings/http.ts";
import { htmlAnswer, questionIn, refusal, wantsPage } from "#shared/bindings/question.ts";
import { questionPage } from "#shared/domain/pages/question-page.ts";
import { readQuestion } from "#shared/use-cases/read-question.ts";

/** Shows a customer the question behind a signed link. Changes nothing: mail scanners and browsers open links too. */
app.http("get-question", {
  methods: ["GET"],
  route: "questions/{token}",
  authLevel: "anonymous", // the link itself is the key
  handler: publicHandler(loadApp, async (deps, request) => {
    const name = questionIn(deps.links, request);
    const found = name && (await readQuestion(deps, name, deps.system.now()));
    if (found === undefined) return refusal(request, "not-found");
    if (wantsPage(request)) {
      const address = deps.links.addressOf(request.params["token"] ?? "");
      return htmlAnswer(200, questionPage(found.view, found.locale, address));
    }
    return { status: 200, headers: { "cache-control": "no-store" }, jsonBody: found.view };
  }),
});
