import type { HttpFunction, IndexedFunction } from "../app/index-functions.ts";
import type { Generation } from "../generation.ts";
import type { Invoke } from "../pool/instance.ts";
import type { HttpBackend } from "./front-end.ts";

export const isHttp = (each: IndexedFunction): each is HttpFunction => each.trigger === "http";

/** The instances of one generation as the front end sees them; whoever asks for streams speaks to one instance in particular. */
export function httpBackend(generation: Generation, logged: (invoke: Invoke) => Invoke): HttpBackend {
  const http = generation.functions.find(isHttp);
  if (http === undefined) return { invoke: logged((request) => generation.invoke(request)) };
  const group = generation.groupFor(http);
  const invoke = logged(generation.bound((request) => group.invoke(request)));
  if (generation.capabilities["HttpUri"] === undefined) return { invoke };
  const stream = async () => {
    const instance = await group.instance();
    const uri = instance.app?.capabilities["HttpUri"] ?? "";
    return { uri, invoke: logged(generation.bound((request) => instance.invoke(request))) };
  };
  return { invoke, stream };
}
