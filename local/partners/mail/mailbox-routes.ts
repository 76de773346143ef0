import type { GroupCommit } from "../../sqlite/group-commit.ts";
import { errorAnswer } from "../http/answers.ts";
import type { Route } from "../http/router.ts";
import type { Mailbox } from "./mailbox.ts";

const DEFAULT_LISTED = 100;
const MAX_LISTED = 1_000;

/** What a person sees of the received mails. */
export function mailboxRoutes(store: GroupCommit, mailbox: Mailbox): Route[] {
  return [
    {
      method: "GET",
      path: "/mail/messages",
      async handle({ query }) {
        const limit = Number(query.get("limit") ?? DEFAULT_LISTED);
        if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LISTED) {
          return errorAnswer(400, "BadRequest", `limit: 1 to ${MAX_LISTED}`, "limit");
        }
        await store.settled();
        return { status: 200, body: { messages: mailbox.list(limit) } };
      },
    },
    {
      method: "GET",
      path: "/mail/messages/:id",
      async handle({ params }) {
        await store.settled();
        const mail = mailbox.find(params["id"] ?? "");
        if (mail === undefined) return errorAnswer(404, "NotFound", "No mail has this id.");
        return { status: 200, body: mail };
      },
    },
  ];
}
