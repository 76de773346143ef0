import { BrokerError, entityNotFound } from "../errors.ts";
import { compile } from "../rules/compile.ts";
import type { NewRule, Rule } from "../rules/rule.ts";
import { storedRule } from "../rules/stored-rule.ts";
import type { SubscriptionEntity } from "./entity.ts";
import type { Namespace } from "./namespace.ts";

const MAX_NAME = 50;

/** @throws BrokerError (alreadyExists, invalid) */
export async function createRule(
  namespace: Namespace,
  subscription: SubscriptionEntity,
  wanted: NewRule,
): Promise<Rule> {
  const { name } = wanted;
  if (subscription.rules.has(name.toLowerCase())) {
    throw new BrokerError(
      "alreadyExists",
      `The messaging entity '${subscription.path}/Rules/${name}' already exists.`,
    );
  }
  return await putRule(namespace, subscription, wanted);
}

/** Creates the rule or replaces its filter and action. @throws BrokerError (invalid, notImplemented) */
export async function putRule(
  namespace: Namespace,
  subscription: SubscriptionEntity,
  wanted: NewRule,
): Promise<Rule> {
  checkRule(wanted);
  const now = namespace.machinery.clock.now();
  const createdAt = subscription.rules.get(wanted.name.toLowerCase())?.createdAt ?? now;
  const rule: Rule = { ...wanted, createdAt };
  subscription.accessedAt = now;
  await change(namespace, subscription, wanted.name, rule, () =>
    namespace.store.entities.putRule(subscription.id, wanted.name, storedRule(wanted), now),
  );
  return rule;
}

/** @throws BrokerError (notFound) */
export async function deleteRule(
  namespace: Namespace,
  subscription: SubscriptionEntity,
  name: string,
): Promise<void> {
  const rule = subscription.rules.get(name.toLowerCase());
  if (rule === undefined) throw entityNotFound(`${subscription.path}/Rules/${name}`);
  await change(namespace, subscription, name, undefined, () =>
    namespace.store.entities.removeRule(subscription.id, rule.name),
  );
}

/** Changes a rule at once, so that whoever comes in the same turn meets the change; undone if the disk refuses. */
async function change(
  { machinery }: Namespace,
  { rules }: SubscriptionEntity,
  name: string,
  rule: Rule | undefined,
  work: () => void,
): Promise<void> {
  const key = name.toLowerCase();
  const before = rules.get(key);
  put(rules, key, rule);
  try {
    await machinery.journal.change(work);
  } catch (error) {
    put(rules, key, before);
    throw error;
  }
}

function put(rules: Map<string, Rule>, key: string, rule: Rule | undefined): void {
  if (rule === undefined) rules.delete(key);
  else rules.set(key, rule);
}

/** @throws BrokerError (invalid, notImplemented) */
export function checkRule(rule: NewRule): void {
  if (rule.name.length === 0 || rule.name.length > MAX_NAME) {
    throw new BrokerError("invalid", `A rule's name has 1 to ${MAX_NAME} characters.`);
  }
  if (/[@?#*/\\]/.test(rule.name))
    throw new BrokerError("invalid", `'${rule.name}' is not an allowed name for a rule.`);
  compile(rule);
}
