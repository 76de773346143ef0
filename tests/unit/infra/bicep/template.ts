import type { Declarations, Unit } from "./declarations.ts";
import { evaluate, loopScopes, type Scope } from "./evaluate.ts";
import { BicepError } from "./expressions.ts";
import type { BicepFunction } from "./functions.ts";
import { lineOf, type Node, propertiesOf } from "./parse.ts";
import { resourceIdOf, seenByExpressions, SUBSCRIPTION } from "./resource-ids.ts";

/** One resource that Azure would be asked for. */
export interface Planned {
  readonly file: string;
  readonly symbol: string;
  readonly type: string;
  readonly apiVersion: string;
  /** With the names of its parents, as in `namespace/queue`. */
  readonly name: string;
  readonly id: string;
  /** What it is attached to, for extensions such as role assignments. */
  readonly scope: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A call of a module of the registry, whose inside is not looked at. */
export interface Call {
  readonly file: string;
  readonly reference: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly resources: Planned[];
  readonly calls: Call[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface World {
  readonly load: (path: string) => Declarations;
  readonly readText: (path: string) => string;
  /** What a module of the registry gives back; throws where the call is wrong. */
  readonly callRegistry: (call: Call, group: string) => Record<string, unknown>;
}

interface Place {
  readonly world: World;
  readonly group: string | undefined;
  readonly plan: Plan;
  /** Names, conditions and loops must be known before anything exists; what a resource or module tells is known later. */
  readonly moment: { beforeStart: boolean };
}

const resolvePath = (from: string, path: string): string =>
  new URL(path, `file:///${from}`).pathname.slice(1);

function functionsOf(
  { world, group }: Place,
  file: string,
): Readonly<Record<(typeof templateFunctions)[number], BicepFunction>> {
  const read = (path: string): string => world.readText(resolvePath(file, path));
  return {
    loadJsonContent: (path: string): unknown => JSON.parse(read(path)),
    loadTextContent: read,
    resourceGroup: () => ({
      id: resourceIdOf(undefined, "Microsoft.Resources/resourceGroups", group ?? ""),
      name: group,
    }),
    subscription: () => ({ id: `/subscriptions/${SUBSCRIPTION}`, subscriptionId: SUBSCRIPTION }),
    tenant: () => ({ tenantId: "22222222-2222-2222-2222-222222222222" }),
    environment: () => ({ suffixes: { storage: "core.windows.net" } }),
    resourceId: (type: string, ...names: string[]) => resourceIdOf(group, type, names.join("/")),
    subscriptionResourceId: (type: string, ...names: string[]) =>
      resourceIdOf(undefined, type, names.join("/")),
  };
}

/** Names of the functions that depend on the template. */
export const templateFunctions = [
  "loadJsonContent",
  "loadTextContent",
  "resourceGroup",
  "subscription",
  "tenant",
  "environment",
  "resourceId",
  "subscriptionResourceId",
] as const;

/** Evaluates one template, and the modules that it calls; everything in it once, when it is first asked for. */
class Template {
  readonly #declarations: Declarations;
  readonly #place: Place;
  readonly #scope: Scope;
  readonly #known = new Map<string, { readonly value: unknown }>();
  readonly #underWay = new Set<string>();

  constructor(declarations: Declarations, given: Readonly<Record<string, unknown>>, place: Place) {
    this.#declarations = declarations;
    this.#place = place;
    const file = declarations.file.path;
    this.#scope = { lookUp: (name) => this.#lookUp(name), functions: functionsOf(place, file) };
    const unknown = Object.keys(given).find((name) => !declarations.parameters.has(name));
    if (unknown !== undefined) throw new BicepError(`${file} has no parameter ${unknown}`);
    for (const { name, defaultValue, type } of declarations.parameters.values()) {
      if (name in given) this.#known.set(name, { value: given[name] });
      else if (defaultValue === undefined && !type.endsWith("?"))
        throw new BicepError(`${file}: the parameter ${name} is not given`);
    }
  }

  /** Everything that is declared, needed or not. @returns the outputs. */
  run(): Record<string, unknown> {
    const { resources, modules, outputs } = this.#declarations;
    for (const name of [...resources.keys(), ...modules.keys()]) this.#lookUp(name);
    return Object.fromEntries(
      [...outputs.values()].map(({ name, value }) => [name, evaluate(value, this.#scope)]),
    );
  }

  #lookUp(name: string): { readonly value: unknown } | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#underWay.has(name)) throw new BicepError(`${name} depends on itself`);
    this.#underWay.add(name);
    const made = this.#at(false, () => this.#make(name));
    this.#underWay.delete(name);
    if (made !== undefined) this.#known.set(name, made);
    return made;
  }

  /** Does something as if it were done before the deployment starts, or after. */
  #at<T>(beforeStart: boolean, action: () => T): T {
    const { moment } = this.#place;
    const before = moment.beforeStart;
    moment.beforeStart = beforeStart;
    try {
      return action();
    } finally {
      moment.beforeStart = before;
    }
  }

  #early(node: Node, scope: Scope): unknown {
    return this.#at(true, () => evaluate(node, scope));
  }

  #make(name: string): { readonly value: unknown } | undefined {
    const { parameters, variables, resources, modules } = this.#declarations;
    const value = variables.get(name)?.value ?? parameters.get(name)?.defaultValue;
    if (value !== undefined) return { value: evaluate(value, this.#scope) };
    const resource = resources.get(name);
    if (resource !== undefined)
      return { value: this.#each(resource, (scope) => this.#resource(resource, scope)) };
    const module = modules.get(name);
    if (module !== undefined) return { value: this.#each(module, (scope) => this.#module(module, scope)) };
    return undefined;
  }

  #each(unit: Unit, make: (scope: Scope) => unknown): unknown {
    const { loop } = unit;
    if (loop === undefined) return make(this.#scope);
    const names = loop.index === undefined ? [loop.item] : [loop.item, loop.index];
    return loopScopes(this.#early(loop.over, this.#scope), names, this.#scope, lineOf(unit.node)).map(make);
  }

  /** A value that Azure never sees where the condition is false, but whose name must be valid all the same. */
  #isWanted(unit: Unit, scope: Scope): boolean {
    return unit.condition === undefined || this.#early(unit.condition, scope) === true;
  }

  #resource(unit: Unit, scope: Scope): unknown {
    const [type = "", apiVersion = ""] = unit.reference.split("@");
    const parts = propertiesOf(unit.body);
    const part = (name: string): unknown => {
      const node = parts.get(name);
      return node === undefined ? undefined : this.#early(node, scope);
    };
    const parent = part("parent");
    const own = String(part("name"));
    const name = isSeen(parent) ? `${parent.name}/${own}` : own;
    const id = resourceIdOf(this.#place.group, type, name);
    const location = part("location");
    const seen = this.#later(seenByExpressions({ type, name, id, location }), "properties");
    if (unit.existing || !this.#isWanted(unit, scope)) return unit.existing ? seen : null;
    const body = Object.fromEntries(
      [...parts].filter(([key]) => !META.has(key)).map(([key, node]) => [key, evaluate(node, scope)]),
    );
    const attachedTo = part("scope");
    this.#dependencies(parts.get("dependsOn"), scope);
    const scopeId = isSeen(attachedTo) ? attachedTo.id : undefined;
    const file = this.#declarations.file.path;
    this.#place.plan.resources.push({
      file,
      symbol: unit.name,
      type,
      apiVersion,
      name,
      id,
      scope: scopeId,
      body,
    });
    return seen;
  }

  #dependencies(list: Node | undefined, scope: Scope): void {
    if (list !== undefined) evaluate(list, scope);
  }

  #module(unit: Unit, scope: Scope): unknown {
    if (!this.#isWanted(unit, scope)) return null;
    const parts = propertiesOf(unit.body);
    const group = parts.has("scope") ? evaluateGroup(parts.get("scope"), scope) : this.#place.group;
    const given = [...propertiesOf(parts.get("params"))].map(
      ([name, node]) => [name, evaluate(node, scope)] as const,
    );
    this.#dependencies(parts.get("dependsOn"), scope);
    const parameters = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    const { world, plan } = this.#place;
    const file = this.#declarations.file.path;
    if (unit.reference.startsWith("br")) {
      const call = { file, reference: unit.reference, parameters };
      plan.calls.push(call);
      return this.#later({ outputs: world.callRegistry(call, group ?? "") }, "outputs");
    }
    const inner = world.load(resolvePath(file, unit.reference));
    const outputs = new Template(inner, parameters, { ...this.#place, group }).run();
    return this.#later({ outputs }, "outputs");
  }

  /** The same, but this part of it cannot be looked at before the deployment has started. */
  #later(seen: Record<string, unknown>, part: string): Record<string, unknown> {
    const value = seen[part];
    const { moment } = this.#place;
    return Object.defineProperty(seen, part, {
      get: (): unknown => {
        if (moment.beforeStart)
          throw new BicepError(`${part} is not known when names and conditions are worked out`);
        return value;
      },
    });
  }
}

const META = new Set(["name", "parent", "scope", "dependsOn"]);

const isSeen = (value: unknown): value is { readonly id: string; readonly name: string } =>
  typeof value === "object" && value !== null && "id" in value;

function evaluateGroup(node: Node | undefined, scope: Scope): string | undefined {
  const group = node === undefined ? undefined : evaluate(node, scope);
  return isSeen(group) ? group.name : undefined;
}

/** Everything that a deployment of this template with these parameters would ask Azure for. */
export function planOf(
  declarations: Declarations,
  parameters: Readonly<Record<string, unknown>>,
  world: World,
): Plan {
  const plan: Plan = { resources: [], calls: [], outputs: {} };
  const outputs = new Template(declarations, parameters, {
    world,
    plan,
    group: undefined,
    moment: { beforeStart: false },
  }).run();
  return { ...plan, outputs };
}
