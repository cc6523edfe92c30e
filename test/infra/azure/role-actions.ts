// What Azure's built-in roles allow of what the app does, and what its calls need. Taken on 2026-11-22 from
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles and
// https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-calling-data-operations
// A trailing * stands for everything below. Storage Blob Delegator is not among them: Data Contributor has its one action.

export interface Role {
  id: string;
  allows: readonly string[];
}

const blobs = "blobServices/containers";

export const builtInRoles: Record<string, Role> = {
  storageBlobDataOwner: {
    id: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    allows: [`${blobs}/*`, "blobServices/generateUserDelegationKey"],
  },
  storageBlobDataContributor: {
    id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    allows: [
      `${blobs}/read`,
      `${blobs}/write`,
      `${blobs}/delete`,
      `${blobs}/blobs/read`,
      `${blobs}/blobs/write`,
      `${blobs}/blobs/delete`,
      `${blobs}/blobs/add`,
      `${blobs}/blobs/move`,
      "blobServices/generateUserDelegationKey",
    ],
  },
  storageQueueDataContributor: {
    id: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    allows: [
      "queueServices/queues/read",
      "queueServices/queues/write",
      "queueServices/queues/delete",
      "queueServices/queues/messages/read",
      "queueServices/queues/messages/write",
      "queueServices/queues/messages/delete",
      "queueServices/queues/messages/process",
    ],
  },
  storageTableDataContributor: {
    id: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    allows: ["tableServices/tables/*", "tableServices/tables/entities/*"],
  },
  monitoringMetricsPublisher: { id: "3913510d-42f4-4e42-8a64-420c390055eb", allows: ["insights/write"] },
  keyVaultSecretsUser: { id: "4633458b-17de-408a-b874-0445c86b69e6", allows: ["vaults/secrets/get"] },
  keyVaultCertificateUser: {
    id: "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
    allows: ["vaults/certificates/read", "vaults/secrets/get", "vaults/keys/read"],
  },
  keyVaultCryptoUser: {
    id: "12338af0-0e69-4776-bea7-57ae8d297424",
    allows: ["vaults/keys/read", "vaults/keys/sign", "vaults/keys/verify", "vaults/keys/wrap", "vaults/keys/decrypt"],
  },
};

/** What the methods of the storage libraries need that lib/adapters/azure calls, by the library's client. */
export const neededByCalls: Record<string, Record<string, string>> = {
  BlobServiceClient: { getUserDelegationKey: "blobServices/generateUserDelegationKey" },
  ContainerClient: {
    createIfNotExists: `${blobs}/write`,
    listBlobsFlat: `${blobs}/blobs/read`,
    listBlobsByHierarchy: `${blobs}/blobs/read`,
  },
  BlockBlobClient: {
    upload: `${blobs}/blobs/write`,
    stageBlock: `${blobs}/blobs/write`,
    commitBlockList: `${blobs}/blobs/write`,
    download: `${blobs}/blobs/read`,
    getProperties: `${blobs}/blobs/read`,
    delete: `${blobs}/blobs/delete`,
    deleteIfExists: `${blobs}/blobs/delete`,
  },
  QueueClient: {
    createIfNotExists: "queueServices/queues/write",
    sendMessage: "queueServices/queues/messages/write",
  },
  TableClient: {
    createTable: "tableServices/tables/write",
    getEntity: "tableServices/tables/entities/read",
    listEntities: "tableServices/tables/entities/read",
    createEntity: "tableServices/tables/entities/write",
    updateEntity: "tableServices/tables/entities/write",
    upsertEntity: "tableServices/tables/entities/write",
    submitTransaction: "tableServices/tables/entities/write",
    deleteEntity: "tableServices/tables/entities/delete",
  },
};

/** What the vault's addresses need; and what the queue triggers of the host need. */
export const neededByPaths: Record<string, string> = {
  "/secrets/": "vaults/secrets/get",
  "/certificates/": "vaults/certificates/read",
  "/sign": "vaults/keys/sign",
};
export const neededByTriggers = "queueServices/queues/messages/process";
