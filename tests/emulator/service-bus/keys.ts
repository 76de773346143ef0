export const KEY = {
  name: "RootManageSharedAccessKey",
  key: "a-key-for-tests-only",
  claims: ["Manage"],
} as const;
