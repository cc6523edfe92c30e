// How a key vault words its refusals (https://learn.microsoft.com/azure/key-vault/general/rest-error-codes).

export type VaultRefusal = "no role" | "no policy" | "firewall" | "private" | "disabled" | "expired" | "other tenant";

const caller =
  "Caller: appid=a1111111-0000-4000-8000-0000000000ff;oid=b1111111-0000-4000-8000-0000000000ff;iss=https://sts.windows.net/x/";

const forbidden = (message: string, inner: string) => ({
  status: 403,
  body: { error: { code: "Forbidden", message, innererror: { code: inner } } },
});

export const vaultRefusals: Record<VaultRefusal, { status: number; body: object }> = {
  "no role": forbidden(
    `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n${caller}\r\nAssignment: (not found)`,
    "ForbiddenByRbac",
  ),
  "no policy": forbidden(
    `The user, group or application 'appid=a1;oid=b1111111-0000-4000-8000-0000000000ff;iss=https://sts.windows.net/x/' does not have secrets get permission on key vault 'sample;location=westeurope'.`,
    "AccessDenied",
  ),
  firewall: forbidden(
    `Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\n${caller}`,
    "ForbiddenByFirewall",
  ),
  private: forbidden(
    `Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\n${caller}`,
    "ForbiddenByConnection",
  ),
  disabled: forbidden("Operation get is not allowed on a disabled secret.", "SecretDisabled"),
  expired: forbidden("Operation sign is not allowed on an expired key.", "KeyExpired"),
  "other tenant": {
    status: 401,
    body: {
      error: { code: "Unauthorized", message: "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/y/." },
    },
  },
};
