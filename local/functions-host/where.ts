import type { HttpFunction, IndexedFunction } from "./app/index-functions.ts";

export const urlOf = ({ route }: HttpFunction, root: string): string => `${root}/${route}`;

/** What a function listens to, for people. */
export function whereIs(target: IndexedFunction, root: string): string {
  switch (target.trigger) {
    case "http":
      return `${target.methods.join(",")} ${urlOf(target, root)}`;
    case "timer":
      return target.schedule;
    case "serviceBus":
      return Object.values(target.entity).join("/");
  }
}
