/**
 * `node:http` without the price of importing it. An ES import of a built-in module reads all it exports, and one getter of this
 * one loads undici: 30 ms of processor time and 13 MB in every process (Node 24.21), for a WebSocket that no part uses.
 */
export const { Agent, createServer, request, STATUS_CODES } = process.getBuiltinModule("node:http");
