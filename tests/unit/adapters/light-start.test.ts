import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

/** Which of the heavy packages are loaded once these modules are imported, in a process of their own. */
function heavyPackagesAfterImport(modules: readonly string[]): string[] {
  const script = `
    import { registerHooks } from "node:module";
    const heavy = new Set();
    registerHooks({ load(url, context, next) {
      const found = /node_modules\\/(@azure\\/[^/]+|nodemailer)\\//.exec(url);
      if (found !== null) heavy.add(found[1]);
      return next(url, context);
    } });
    for (const module of ${JSON.stringify(modules)}) await import(module);
    process.stdout.write(JSON.stringify([...heavy]));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  const heavy: string[] = JSON.parse(output);
  return heavy;
}

test("importing the adapters towards the partners loads no client yet", () => {
  const modules = ["mail/acs-mailer", "mail/smtp-mailer", "payments/http-payments", "webhook/webhook-sender"];
  expect(heavyPackagesAfterImport(modules.map((module) => `#shared/adapters/${module}.ts`))).toEqual([]);
  expect(heavyPackagesAfterImport(["@azure/communication-email"])).toContain("@azure/communication-email");
});
