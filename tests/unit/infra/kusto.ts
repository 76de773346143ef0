import { createRequire } from "node:module";

/** The little of Microsoft's Kusto language service that is used here; its parts know each other by global names. */
interface KustoLanguage {
  readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } };
  readonly KustoCode: {
    ParseAndAnalyze(query: string, globals: object): { GetDiagnostics(): List<{ readonly Message: string }> };
  };
  readonly Symbols: {
    readonly TableSymbol: { From(columns: string): { WithName(name: string): object } };
    readonly DatabaseSymbol: { readonly ctor: new (name: string, members: object[]) => object };
  };
}
interface List<Item> {
  readonly Count: number;
  getItem(index: number): Item;
}

declare global {
  var Kusto: { readonly Language: KustoLanguage } | undefined;
}

const require = createRequire(import.meta.url);

function load(): KustoLanguage {
  // oxlint-disable-next-line import/no-unassigned-import -- made for a browser: each of the two leaves a global behind
  require("@kusto/language-service-next/bridge.js");
  // oxlint-disable-next-line import/no-unassigned-import -- as above
  require("@kusto/language-service-next/Kusto.Language.Bridge.js");
  if (globalThis.Kusto === undefined) throw new Error("The Kusto language service did not load");
  return globalThis.Kusto.Language;
}

/** Of Application Insights, as its documentation has them. */
const CUSTOM_METRICS =
  "(timestamp: datetime, name: string, value: real, valueSum: real, valueCount: int, valueMin: real, valueMax: real, " +
  "valueStdDev: real, itemId: string, itemType: string, customDimensions: dynamic, operation_Id: string, cloud_RoleName: string)";

/** Says what the service would refuse about a query: grammar, names, types. */
export function queryChecker(): (query: string) => string[] {
  const { GlobalState, KustoCode, Symbols } = load();
  const table = Symbols.TableSymbol.From(CUSTOM_METRICS).WithName("customMetrics");
  const component = new Symbols.DatabaseSymbol.ctor("component", [table]);
  const globals = GlobalState.Default.WithDatabase(component);
  return (query) => {
    const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
    return Array.from({ length: found.Count }, (_, index) => found.getItem(index).Message);
  };
}
