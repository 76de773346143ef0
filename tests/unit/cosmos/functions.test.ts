import { expect, test } from "vitest";
import type { Value } from "#local/cosmos/json.ts";
import { parseQuery } from "#local/cosmos/sql/parse-query.ts";
import { compileSelect, makeScope } from "#local/cosmos/sql/select.ts";
import { startWork } from "#local/cosmos/sql/work.ts";

const nowMs = Date.UTC(2026, 10, 21, 3, 4, 5, 678);

function evaluate(text: string): Value {
  startWork();
  return compileSelect(parseQuery(`SELECT VALUE ${text}`), makeScope(new Map(), nowMs), true).project([{}]);
}

const cases: readonly (readonly [string, Value])[] = [
  ["STRINGTONUMBER('1.5')", 1.5],
  ["StringToNumber('x')", undefined],
  ["STRINGTOARRAY('[1,{}]')", [1, {}]],
  ["STRINGTOOBJECT('[1]')", undefined],
  ["STRINGTONULL('null')", null],
  ["STRINGTOBOOLEAN('true')", true],
  ["TOSTRING({a: [1, true]})", '{"a":[1,true]}'],
  ["TOSTRING('a')", "a"],
  ["REPLICATE('ab', 3)", "ababab"],
  ["REVERSE('añ😀')", "😀ña"],
  ["STRINGJOIN(['a','b'], '-')", "a-b"],
  ["STRINGSPLIT('a-b', '-')", ["a", "b"]],
  ["LTRIM('  a ')", "a "],
  ["TRIM('xxaxx', 'x')", "a"],
  ["LASTINDEXOF('abcab', 'ab')", 3],
  ["CONTAINS_ANY_CI('Hello', 'X', 'ELL')", true],
  ["CONTAINS_ALL_CS('Hello', 'H', 'ELL')", false],
  ["REGEXMATCH('Order-17', '^order-\\\\d+$', 'i')", true],
  ["REGEXMATCH('Order-17', '^order')", false],
  ["REGEXMATCH('xQz', '[a-q]z', 'i')", true],
  ["REGEXMATCH('a b', 'a\\\\sb  ', 'x')", true],
  ["REGEXMATCH('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '^(a+)+$')", false],
  ["SETINTERSECT([1,2,2,{a:1}], [2,{a:1}])", [2, { a: 1 }]],
  ["SETUNION([1,2], [2,3])", [1, 2, 3]],
  ["SETDIFFERENCE([1,2], [2])", [1]],
  ["SETEQUAL([1,2,2], [2,1])", true],
  ["ARRAY_CONTAINS_ANY([1,2], 2, 5)", true],
  ["ARRAY_CONTAINS_ALL([1,2], 2, 5)", false],
  ["ARRAY_SUM([1,2,3])", 6],
  ["ARRAY_AVG([1,2])", 1.5],
  ["ARRAY_MEDIAN([5,1,2])", 2],
  ["ARRAY_MIN(['b','a'])", "a"],
  ["ARRAY_MAX([1,'a'])", "a"],
  ["CHOOSE(2, 'a', 'b')", "b"],
  ["OBJECTTOARRAY({a: 1})", [{ k: "a", v: 1 }]],
  ["IIF(1 = 1, 'y', 'n')", "y"],
  ["LOG(8, 2)", 3],
  ["ATN2(0, 1)", 0],
  ["DEGREES(PI())", 180],
  ["NUMBERBIN(37, 10)", 30],
  ["ROUND(2.345, 2)", 2.35],
  ["SQRT(-1)", undefined],
  ["INTDIV(7, 2)", 3],
  ["INTDIV(7, 0)", undefined],
  ["INTADD(1, 0.5)", undefined],
  ["INTBITLEFTSHIFT(1, 40)", 2 ** 40],
  ["INTBITNOT(0)", -1],
  ["DATETIMEADD('mm', 1, '2026-01-31T10:00:00Z')", "2026-02-28T10:00:00.0000000Z"],
  ["DATETIMEADD('ns', 100, '2026-01-31T10:00:00Z')", "2026-01-31T10:00:00.0000001Z"],
  ["DATETIMEDIFF('day', '2026-01-01T23:00:00Z', '2026-01-02T01:00:00Z')", 1],
  ["DATETIMEDIFF('yyyy', '2024-12-31', '2026-01-01')", 2],
  ["DATETIMEPART('mcs', '2026-01-02T03:04:05.1234567Z')", 123456],
  ["DATETIMEFROMPARTS(2026, 2, 3, 4, 5, 6, 7)", "2026-02-03T04:05:06.0000007Z"],
  ["DATETIMEFROMPARTS(2026, 13, 3)", undefined],
  ["DATETIMEBIN('2026-01-02T03:47:05Z', 'hh', 2)", "2026-01-02T02:00:00.0000000Z"],
  ["DATETIMETOTIMESTAMP('1970-01-01T00:00:01.5Z')", 1500],
  ["TIMESTAMPTODATETIME(1500)", "1970-01-01T00:00:01.5000000Z"],
  ["DATETIMETOTICKS('0001-01-01T00:00:00Z')", 0],
  ["TICKSTODATETIME(621355968000000000)", "1970-01-01T00:00:00.0000000Z"],
  ["GETCURRENTTIMESTAMP()", nowMs],
  ["GETCURRENTDATETIME()", "2026-11-21T03:04:05.6780000Z"],
  ["IS_FINITE_NUMBER(1)", true],
];

test.each(cases)("%s is %j", (text, expected) => {
  expect(evaluate(text)).toEqual(expected);
});
