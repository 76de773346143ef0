import { AsyncLocalStorage } from "node:async_hooks";

/** Stands for `#shared/app.ts` where many instances of the app run in one process: each invocation has its instance's app. */
export const runningInstance = new AsyncLocalStorage<object>();

export function loadApp(): Promise<object> {
  const app = runningInstance.getStore();
  return app === undefined ? Promise.reject(new Error("No instance is running")) : Promise.resolve(app);
}

export const closeApp = (): Promise<void> => Promise.resolve();
export const startInBackground = (): Promise<void> => Promise.resolve();
