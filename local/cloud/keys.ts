/**
 * The public, documented keys of the official emulators. They protect nothing: every part listens on the loopback
 * interface only.
 */
export const emulatorKeys = {
  cosmos: "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==",
  serviceBus: { name: "RootManageSharedAccessKey", key: "SAS_KEY_VALUE" },
  storage: {
    account: "devstoreaccount1",
    key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
  },
} as const;
