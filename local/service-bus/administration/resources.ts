import type { Entity, SubscriptionEntity } from "../broker/entity.ts";
import { createEntity, deleteEntity, type NewEntity, updateEntity } from "../broker/entity-admin.ts";
import type { Namespace } from "../broker/namespace.ts";
import { createRule, deleteRule, putRule } from "../broker/rule-admin.ts";
import { BrokerError, entityNotFound } from "../errors.ts";
import { type Entry, entryXml, feedXml } from "./atom.ts";
import { describeEntity } from "./describe.ts";
import { readDescription } from "./read-description.ts";
import { describeRule, readRule } from "./rule-xml.ts";
import { childOf, element, parseXml, textAt } from "./xml.ts";

interface AdministrationRequest {
  readonly method: string;
  /** Decoded, without leading slash; a trailing slash asks for a list. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** `If-Match: *`: change what exists. */
  readonly update: boolean;
  /** `https://host:port`, as the client addressed us. */
  readonly origin: string;
}

interface AdministrationReply {
  readonly status: number;
  readonly xml: string;
}

const NAMESPACE_NAME = "expedite";
const DEFAULT_PAGE = 100;
const rulePath = /^(.+\/subscriptions\/[^/]+)\/rules\/([^/]*)$/i;
const subscriptionsPath = /^(.+)\/subscriptions\/?$/i;
const rulesPath = /^(.+\/subscriptions\/[^/]+)\/rules\/?$/i;

/** Carries out one administration request. @throws BrokerError */
export async function administrate(
  namespace: Namespace,
  request: AdministrationRequest,
): Promise<AdministrationReply> {
  const rule = rulePath.exec(request.path);
  if (rule?.[1] !== undefined && rule[2] !== undefined && rule[2] !== "") {
    return await onRule(namespace, request, subscriptionAt(namespace, request, rule[1]), rule[2]);
  }
  const list = request.method === "GET" ? listed(namespace, request) : undefined;
  if (list !== undefined) return list;
  return await onEntity(namespace, request);
}

/** The entries that a list request asks for; undefined when it asks for no list. */
function listed(namespace: Namespace, request: AdministrationRequest): AdministrationReply | undefined {
  const lower = request.path.toLowerCase();
  const describe = (entity: Entity): Entry => describeEntity(entity, request.origin);
  if (lower === "$namespaceinfo") return namespaceInfo(namespace, request);
  if (lower === "$resources/queues") return page(request, namespace.queues().map(describe));
  if (lower === "$resources/topics") return page(request, namespace.topics().map(describe));
  const rules = rulesPath.exec(request.path);
  if (rules?.[1] !== undefined) {
    const subscription = subscriptionAt(namespace, request, rules[1]);
    return page(
      request,
      [...subscription.rules.values()].map((rule) => describeRule(subscription, rule)),
    );
  }
  const subscriptions = subscriptionsPath.exec(request.path);
  if (subscriptions?.[1] === undefined) return undefined;
  const topic = namespace.find(subscriptions[1]);
  if (topic?.kind !== "topic") throw notFound(request);
  return page(request, [...topic.subscriptions.values()].map(describe));
}

function page(request: AdministrationRequest, entries: readonly Entry[]): AdministrationReply {
  const skip = Math.max(0, Number(request.query.get("$skip") ?? 0) || 0);
  const top = Math.min(
    DEFAULT_PAGE,
    Math.max(1, Number(request.query.get("$top") ?? DEFAULT_PAGE) || DEFAULT_PAGE),
  );
  const sorted = entries.toSorted((a, b) => (a.title.toLowerCase() < b.title.toLowerCase() ? -1 : 1));
  const next = skip + top < sorted.length ? `$skip=${skip + top}&$top=${top}` : undefined;
  return {
    status: 200,
    xml: feedXml(request.origin, request.path, sorted.slice(skip, skip + top), next, Date.now()),
  };
}

function namespaceInfo(namespace: Namespace, { origin }: AdministrationRequest): AdministrationReply {
  const oldest = Math.min(
    namespace.machinery.clock.now(),
    ...[...namespace.queues(), ...namespace.topics()].map((one) => one.createdAt),
  );
  const created = new Date(oldest).toISOString();
  const content =
    element("CreatedTime", created) +
    element("MessagingSKU", "Standard") +
    element("ModifiedTime", created) +
    element("Name", NAMESPACE_NAME) +
    element("NamespaceType", "Messaging");
  const entry = {
    path: "$namespaceinfo",
    title: NAMESPACE_NAME,
    root: "NamespaceInfo",
    content,
    updatedAt: oldest,
  };
  return { status: 200, xml: entryXml(origin, entry) };
}

async function onEntity(namespace: Namespace, request: AdministrationRequest): Promise<AdministrationReply> {
  const entity = namespace.find(request.path);
  const reply = (status: number, one: Entity): AdministrationReply => ({
    status,
    xml: entryXml(request.origin, describeEntity(one, request.origin)),
  });
  if (request.method === "PUT" && !request.update)
    return reply(201, await createEntity(namespace, newEntity(request)));
  if (entity === undefined) throw notFound(request);
  switch (request.method) {
    case "GET":
      return reply(200, entity);
    case "DELETE":
      await deleteEntity(namespace, entity);
      return { status: 200, xml: "" };
    case "PUT": {
      const { description } = readDescription(entity.kind, parseXml(request.body));
      await updateEntity(namespace, entity, {
        forwardTo: undefined,
        forwardDeadLetteredMessagesTo: undefined,
        userMetadata: undefined,
        ...description,
      });
      return reply(200, entity);
    }
    default:
      throw new BrokerError("notImplemented", `The method ${request.method} is not supported.`);
  }
}

function newEntity(request: AdministrationRequest): NewEntity {
  const document = parseXml(request.body);
  const content = childOf(childOf(document, "entry"), "content") ?? {};
  if (/\/subscriptions\//i.test(request.path)) {
    const { description, root } = readDescription("subscription", document);
    const first = childOf(root, "DefaultRuleDescription");
    const path = request.path.replace(/\/subscriptions\//i, "/Subscriptions/");
    if (first === undefined) return { kind: "subscription", path, description };
    return {
      kind: "subscription",
      path,
      description,
      rules: [readRule(textAt(first, "Name") ?? "$Default", first)],
    };
  }
  const kind = "TopicDescription" in content ? "topic" : "queue";
  return { kind, path: request.path, description: readDescription(kind, document).description };
}

async function onRule(
  namespace: Namespace,
  request: AdministrationRequest,
  subscription: SubscriptionEntity,
  name: string,
): Promise<AdministrationReply> {
  if (request.method === "PUT") {
    const content = childOf(childOf(parseXml(request.body), "entry"), "content");
    const wanted = readRule(name, childOf(content, "RuleDescription"));
    if (request.update && !subscription.rules.has(name.toLowerCase())) throw notFound(request);
    const rule = await (request.update ? putRule : createRule)(namespace, subscription, wanted);
    return {
      status: request.update ? 200 : 201,
      xml: entryXml(request.origin, describeRule(subscription, rule)),
    };
  }
  const rule = subscription.rules.get(name.toLowerCase());
  if (rule === undefined) throw notFound(request);
  if (request.method === "GET") {
    return { status: 200, xml: entryXml(request.origin, describeRule(subscription, rule)) };
  }
  if (request.method !== "DELETE") {
    throw new BrokerError("notImplemented", `The method ${request.method} is not supported.`);
  }
  await deleteRule(namespace, subscription, name);
  return { status: 200, xml: "" };
}

function subscriptionAt(
  namespace: Namespace,
  request: AdministrationRequest,
  path: string,
): SubscriptionEntity {
  const entity = namespace.find(path);
  if (entity?.kind !== "subscription") throw notFound(request);
  return entity;
}

const notFound = ({ origin, path }: AdministrationRequest): BrokerError =>
  entityNotFound(`${origin}/${path}`);
