/** The package has no types of its own; this is the part that `load.ts` uses. */
declare module "autocannon" {
  interface RequestTemplate {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }
  interface Request extends RequestTemplate {
    readonly setupRequest: (template: RequestTemplate) => RequestTemplate;
  }
  interface Result {
    readonly duration: number;
    readonly errors: number;
    readonly non2xx: number;
    readonly "2xx": number;
    readonly latency: { readonly p50: number; readonly p99: number };
  }
  export default function autocannon(options: {
    readonly url: string;
    readonly connections: number;
    readonly duration: number;
    readonly requests: readonly Request[];
  }): Promise<Result>;
}
