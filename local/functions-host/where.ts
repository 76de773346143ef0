import type { HttpFunction, IndexedFunction } from "./app/index-functions.ts";

export const urlOf = ({ route }: HttpFunction, root: string): string => `${root}/${route}`;

/** What a function listens to, for people. */
export function whereIs(target: IndexedFunction, root: string): string {
  if (target.trigger === "http") return `${target.methods.join(",")} ${urlOf(target, root)}`;
  if (target.trigger === "cosmosDB") return `${target.databaseName}/${target.containerName}`;
  return target.trigger === "timer" ? target.schedule : Object.values(target.entity).join("/");
}
