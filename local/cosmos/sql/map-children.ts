import type { Expression } from "./ast.ts";

type Visit = (child: Expression) => Expression;

/** A copy of the node with every expression directly in it replaced. */
export function mapChildren(node: Expression, visit: Visit): Expression {
  switch (node.kind) {
    case "logical":
    case "comparison":
    case "arithmetic":
    case "coalesce":
      return { ...node, left: visit(node.left), right: visit(node.right) };
    case "in":
      return { ...node, value: visit(node.value), options: node.options.map(visit) };
    case "call":
      return { ...node, parameters: node.parameters.map(visit) };
    case "object":
      return { ...node, members: node.members.map(({ name, value }) => ({ name, value: visit(value) })) };
    case "array":
      return { ...node, items: node.items.map(visit) };
    default:
      return mapFew(node, visit);
  }
}

/** Nodes with a fixed, small number of children, and those with none. */
function mapFew(node: Expression, visit: Visit): Expression {
  switch (node.kind) {
    case "member":
      return { ...node, object: visit(node.object), property: visit(node.property) };
    case "unary":
      return { ...node, operand: visit(node.operand) };
    case "between":
      return { ...node, value: visit(node.value), low: visit(node.low), high: visit(node.high) };
    case "like":
      return { ...node, value: visit(node.value), pattern: visit(node.pattern) };
    case "conditional":
      return {
        ...node,
        test: visit(node.test),
        whenTrue: visit(node.whenTrue),
        whenFalse: visit(node.whenFalse),
      };
    default:
      return node;
  }
}
