import { expect, test } from "vitest";
import { compileRoute } from "#local/functions-host/http/route-template.ts";

const match = (template: string, path: string): Record<string, string> | undefined =>
  compileRoute(template, "test").match(path);

test.for([
  ["orders/{id}", "/orders/A-1", { id: "A-1" }],
  ["orders/{id}", "/Orders/A-1/", { id: "A-1" }],
  ["orders/{id}", "/orders/", undefined],
  ["orders/{id}", "/orders/a/b", undefined],
  ["orders/{id?}", "/orders", {}],
  ["orders/{id=latest}", "/orders", { id: "latest" }],
  ["{*all}", "/", {}],
  ["{*all}", "/a/b", { all: "a/b" }],
  ["{name}.{ext}", "/report.final.pdf", { name: "report", ext: "final.pdf" }],
  ["v1.0/x+y", "/v1.0/x+y", {}],
  ["v1.0", "/v1x0", undefined],
  ["{n:int}", "/2147483648", undefined],
  ["{n:long}", "/2147483648", { n: "2147483648" }],
  ["{n:range(1,5)}", "/6", undefined],
  ["{id:guid}", "/0af76519-16cd-43dd-8448-eb211c80319c", { id: "0af76519-16cd-43dd-8448-eb211c80319c" }],
  ["{id:guid}", "/nope", undefined],
  ["{b:bool}", "/TRUE", { b: "TRUE" }],
  ["{s:length(2)}", "/ab", { s: "ab" }],
  ["{s:minlength(2):maxlength(3)}", "/abcd", undefined],
  ["{s:alpha}", "/ab1", undefined],
  [String.raw`{s:regex(^\d{{3}}$)}`, "/123", { s: "123" }],
  ["{s:regex(^ab+$)}", "/abbb", { s: "abbb" }],
  ["x/{a}", "/x/caf%C3%A9", { a: "café" }],
  ["x/{a}", "/x/%zz", { a: "%zz" }],
  ["x/{a}", "/x/a%2Fb", { a: "a%2Fb" }],
] as const)("%s on %s gives %j", ([template, path, expected]) => {
  expect(match(template, path)).toEqual(expected);
});

test.for(["a/{b", "a/{id", "a/id}", "a/{b?}/c", "{*rest}/c", "{x:nonsense}", "{}", "{1x}"])(
  "the template %s is refused",
  (template) => {
    expect(() => compileRoute(template, 'function "f"')).toThrow('function "f"');
  },
);
