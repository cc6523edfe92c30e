// Microsoft's clouds: which Graph belongs to which sign-in authority, and how that authority names itself in tokens.
// https://learn.microsoft.com/graph/deployments, https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud

interface Cloud {
  graph: readonly string[];
  /** Where keys and tokens come from. */
  authority: string;
  /** The issuer of version 1.0 tokens, before the tenant's id. */
  oldIssuer: string;
}

const worldwide: Cloud = {
  graph: ["https://graph.microsoft.com"],
  authority: "https://login.microsoftonline.com",
  oldIssuer: "https://sts.windows.net",
};

const clouds: readonly Cloud[] = [
  worldwide,
  {
    graph: ["https://graph.microsoft.us", "https://dod-graph.microsoft.us"],
    authority: "https://login.microsoftonline.us",
    oldIssuer: "https://sts.windows.net",
  },
  {
    graph: ["https://microsoftgraph.chinacloudapi.cn"],
    authority: "https://login.partner.microsoftonline.cn",
    oldIssuer: "https://sts.chinacloudapi.cn",
  },
];

export const authorities: readonly string[] = clouds.map(({ authority }) => authority);

/** The authority of the cloud that this Graph is in; the worldwide one for an address nobody knows. */
export const authorityOf = (graphBaseUrl: string): string =>
  (clouds.find(({ graph }) => graph.includes(graphBaseUrl)) ?? worldwide).authority;

/**
 * How the authority names itself and the tenant in tokens of version 2.0 and 1.0; which one arrives is the app
 * registration's choice. An authority that is none of Microsoft's is a loopback one: it stands in for the worldwide one.
 */
export function issuersOf(authority: string, tenantId: string): string[] {
  const cloud = clouds.find((one) => one.authority === authority);
  const { authority: named, oldIssuer } = cloud ?? worldwide;
  const issuers = [`${named}/${tenantId}/v2.0`, `${oldIssuer}/${tenantId}/`];
  return cloud === undefined ? [`${authority}/${tenantId}/v2.0`, ...issuers] : issuers;
}
