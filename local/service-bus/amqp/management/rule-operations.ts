import type { SubscriptionEntity } from "../../broker/entity.ts";
import { createRule, deleteRule } from "../../broker/rule-admin.ts";
import { BrokerError } from "../../errors.ts";
import { entryOf, list, mapOf } from "../../wire/values.ts";
import { integerField, type Operation, type OperationCall, textField } from "./operation.ts";
import { decodeRule, encodeRule } from "./rule-encoding.ts";

/** Rules say what comes to a subscription, so whoever may receive from it may change them, as in Azure. */
const LISTEN = ["Listen"] as const;
/** Rules in one reply; the client asks for the next page until none are left. */
const MAX_PAGE = 100;

const addRule: Operation = {
  claims: LISTEN,
  async run(call) {
    const description = entryOf(call.body, "rule-description");
    if (description?.type !== "map") {
      throw new BrokerError("invalid", "The request's field 'rule-description' is missing or no map.");
    }
    const rule = decodeRule(textField(call.body, "rule-name"), description);
    await createRule(call.namespace, subscriptionOf(call), rule);
    return mapOf({});
  },
};

const removeRule: Operation = {
  claims: LISTEN,
  async run(call) {
    await deleteRule(call.namespace, subscriptionOf(call), textField(call.body, "rule-name"));
    return mapOf({});
  },
};

/** By name, from `skip` on. */
const enumerateRules: Operation = {
  claims: LISTEN,
  run(call) {
    const skip = Math.max(0, integerField(call.body, "skip"));
    const top = Math.min(MAX_PAGE, Math.max(0, integerField(call.body, "top")));
    const rules = [...subscriptionOf(call).rules.entries()]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .slice(skip, skip + top)
      .map(([, rule]) => mapOf({ "rule-description": encodeRule(rule) }));
    return rules.length === 0 ? undefined : mapOf({ rules: list(rules) });
  },
};

function subscriptionOf({ place: { entity } }: OperationCall): SubscriptionEntity {
  if (entity.kind !== "subscription") {
    throw new BrokerError(
      "notAllowed",
      `'${entity.path}' is a ${entity.kind}; only subscriptions have rules.`,
    );
  }
  return entity;
}

export const ruleOperations: Readonly<Record<string, Operation>> = {
  "com.microsoft:add-rule": addRule,
  "com.microsoft:remove-rule": removeRule,
  "com.microsoft:enumerate-rules": enumerateRules,
};
