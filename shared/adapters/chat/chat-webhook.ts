import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Chat } from "#shared/ports/chat.ts";
import { createAgents, exchange } from "../http/exchange.ts";
import { checkTarget, type Resolve } from "../webhook/target.ts";

const TAKES_AT_MOST_MS = 5_000;
const MAX_ANSWER_BYTES = 16 * 1024;

export interface ChatWebhookOptions {
  /** Its path is its key: it must not be printed. */
  readonly url: string;
  /** `host:port` pairs that may be reached although they are private or plain http. */
  readonly allowPrivate: readonly string[];
  readonly resolve?: Resolve;
}

/** An incoming webhook as Slack, Mattermost and Teams workflows take it: `{"text": "…"}`. Only public addresses over https. */
export function createChatWebhook(options: ChatWebhookOptions): Chat {
  const allowed = new Set(options.allowPrivate.map((pair) => pair.trim().toLowerCase()));
  const agents = createAgents();
  return {
    async say(text) {
      const { url, lookup } = checkTarget(options.url, allowed, options.resolve);
      const { status } = await exchange(agents, {
        method: "POST",
        url,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text }),
        timeoutMs: TAKES_AT_MOST_MS,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        lookup,
      });
      if (status >= 200 && status < 300) return;
      const description = `${url.host} answered ${status}`;
      if (status >= 500 || status === 429) throw new TransientFault(description);
      throw new PermanentFault("ChatRefused", description);
    },
  };
}
