// Settings in, typed Config out. A bad setting stops the start and says which one and what to do.
import { z } from "zod";
import { authorities, authorityOf } from "./core/clouds.js";
import { isLoopback, ProxyOrigin } from "./core/hosts.js";

export { isLoopback };

const trimmed = (url: string) => url.replace(/\/+$/, "");

const Url = z
  .url({ protocol: /^https?$/ })
  .refine((url) => url.startsWith("https://") || isLoopback(url), "must be https (http is for loopback only)")
  .transform(trimmed);

const mark = z.string().optional();
/** What Azure puts into the environment. No plan has all of them: Flex Consumption runs in containers of its own. */
const azureMarks = {
  WEBSITE_INSTANCE_ID: mark,
  WEBSITE_SITE_NAME: mark,
  WEBSITE_POD_NAME: mark,
  LEGION_SERVICE_HOST: mark,
  /** The Functions host sets this on a development machine too, to where it listens. */
  WEBSITE_HOSTNAME: mark,
};
type Marks = { [Name in keyof typeof azureMarks]?: string | undefined };
/** The version (`/v1.0`) is ours to add. */
const GraphUrl = Url.refine(
  (url) => URL.parse(url)?.pathname === "/",
  "must be without a path, e.g. https://graph.microsoft.com",
);

/** `name=value,name=value`, values percent-encoded (https://opentelemetry.io/docs/specs/otel/protocol/exporter). */
const OtlpHeaders = z.string().transform((text, check) => {
  try {
    const pairs = text.split(",").map((pair) => /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/s.exec(pair) ?? []);
    const headers = pairs.map(([, name = "", value = ""]) => [name, decodeURIComponent(value.trim())]);
    return Object.fromEntries(new Headers(headers as [string, string][]));
  } catch {
    check.addIssue({ code: "custom", message: "must be name=value,name=value with percent-encoded values" });
    return z.NEVER;
  }
});

const Settings = z
  .object({
    ARCHIVE_STORAGE: z.string().min(1).optional(),
    ARCHIVE_STORAGE__blobServiceUri: Url.optional(),
    ARCHIVE_STORAGE__queueServiceUri: Url.optional(),
    ARCHIVE_STORAGE__tableServiceUri: Url.optional(),
    ARCHIVE_STORAGE__credential: z.literal("managedidentity").optional(),
    ARCHIVE_STORAGE__clientId: z.string().optional(),
    ATTACHMENT_TIER: z.enum(["Hot", "Cool", "Cold"], "must be Hot, Cool or Cold").default("Hot"),
    GRAPH_BASE_URL: GraphUrl.default("https://graph.microsoft.com"),
    EXCHANGE_BASE_URL: Url.default("https://outlook.office365.com"),
    GRAPH_STATIC_TOKEN: z.string().min(1).optional(),
    GRAPH_WRITER_STATIC_TOKEN: z.string().min(1).optional(),
    TENANT_ID: z.string().optional(),
    AZURE_CLIENT_ID: z.string().optional(),
    WRITER_CLIENT_ID: z.string().optional(),
    SIGNING_KEY_ID: Url.refine(
      (url) => /^\/keys\/[0-9A-Za-z-]{1,127}(\/[0-9A-Za-z]{1,64})?$/.test(new URL(url).pathname),
      "must be the address of a key in Key Vault: https://{vault}/keys/{name}",
    ).optional(),
    SIGNING_KEY_FILE: z.string().min(1).optional(),
    TIMESTAMP_URL: z.url({ protocol: /^https?$/ }).optional(),
    PROXY_URL: ProxyOrigin.optional(),
    PROXY_SECRET_ID: Url.refine(
      (url) => /^\/secrets\/[0-9A-Za-z-]{1,127}$/.test(new URL(url).pathname),
      "must be the address of a secret in Key Vault: https://{vault}/secrets/{name}",
    ).optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: Url.optional(),
    OTEL_EXPORTER_OTLP_HEADERS: OtlpHeaders.optional(),
    CONNECTIONS: z
      .string()
      .max(512 * 1024)
      .optional(),
    CONNECTIONS_FILE: z.string().min(1).max(1_000).optional(),
    ALLOW_SECRET_IDENTITY: z.enum(["true", "false"]).optional(),
    AUTH_MODE: z.enum(["entra", "local"]).optional(),
    AUTH_TENANT_ID: z.string().min(1).optional(),
    AUTH_AUDIENCE: z.string().min(1).optional(),
    AUTH_AUTHORITY: Url.optional(),
    ...azureMarks,
  })
  .superRefine((s, check) => {
    const wrong = (path: string, message: string) => check.addIssue({ code: "custom", path: [path], message });
    const uris = [
      "ARCHIVE_STORAGE__blobServiceUri",
      "ARCHIVE_STORAGE__queueServiceUri",
      "ARCHIVE_STORAGE__tableServiceUri",
    ] as const;
    if (s.ARCHIVE_STORAGE === undefined)
      for (const uri of uris.filter((name) => s[name] === undefined))
        wrong(uri, "is missing; set it, or set ARCHIVE_STORAGE to a connection string");
    for (const name of ["GRAPH_STATIC_TOKEN", "GRAPH_WRITER_STATIC_TOKEN"] as const)
      if (s[name] !== undefined && !isLoopback(s.GRAPH_BASE_URL))
        wrong(name, "is accepted only when GRAPH_BASE_URL is a loopback address; remove it");
    if (s.PROXY_SECRET_ID !== undefined && s.PROXY_URL === undefined)
      wrong("PROXY_SECRET_ID", "is of no use without PROXY_URL; set that, or remove it");
    if (s.PROXY_URL !== undefined && isLoopback(s.PROXY_URL) && isHosted(s))
      wrong("PROXY_URL", "is loopback, where nothing answers in Azure; set the address of the proxy");
    if (s.PROXY_URL !== undefined && isLoopback(s.GRAPH_BASE_URL) && !isLoopback(s.PROXY_URL))
      wrong("PROXY_URL", "must be loopback too, as GRAPH_BASE_URL is: beyond this machine the token could be read");
    if (s.AUTH_MODE === "local" && isHosted(s))
      wrong("AUTH_MODE", "local lets everybody in and is refused in Azure; set it to entra");
    if (s.SIGNING_KEY_FILE !== undefined && isHosted(s))
      wrong("SIGNING_KEY_FILE", "is for development and refused in Azure; set SIGNING_KEY_ID to a key in Key Vault");
    if (s.AUTH_AUTHORITY !== undefined && !isAuthority(s.AUTH_AUTHORITY, s))
      wrong("AUTH_AUTHORITY", `is none of Microsoft's: ${authorities.join(", ")}`);
    if (authMode(s) === "entra")
      for (const name of ["AUTH_TENANT_ID", "AUTH_AUDIENCE"] as const)
        if (s[name] === undefined) wrong(name, "is missing; AUTH_MODE entra needs it to check access tokens");
  });

type Settings = z.infer<typeof Settings>;

/** Without AUTH_MODE: `local` on a development machine that talks to a loopback tenant, `entra` everywhere else. */
function authMode(s: Marks & Pick<Settings, "AUTH_MODE" | "GRAPH_BASE_URL">): "entra" | "local" {
  if (s.AUTH_MODE !== undefined) return s.AUTH_MODE;
  return !isHosted(s) && isLoopback(s.GRAPH_BASE_URL) ? "local" : "entra";
}

/** What signs heads: a key in Key Vault, a file on a development machine, or nothing. */
export type SigningConfig = { kind: "key-vault"; keyUrl: string } | { kind: "file"; path: string } | { kind: "none" };

/** On a server: one of Azure's marks is there, or the host has a name that is not this machine's own. */
function isHosted({ WEBSITE_HOSTNAME: name, ...marks }: Marks): boolean {
  const { WEBSITE_INSTANCE_ID, WEBSITE_SITE_NAME, WEBSITE_POD_NAME, LEGION_SERVICE_HOST } = marks;
  if ([WEBSITE_INSTANCE_ID, WEBSITE_SITE_NAME, WEBSITE_POD_NAME, LEGION_SERVICE_HOST].some(Boolean)) return true;
  return name !== undefined && !isLoopback(`http://${name}`);
}

/** Who signs the tokens decides who comes in: one of Microsoft's, or for tests one on this machine. */
const isAuthority = (url: string, s: Marks): boolean => authorities.includes(url) || (isLoopback(url) && !isHosted(s));

/** How the storage account is reached. */
export type StorageConfig =
  | { kind: "connection-string"; connectionString: string }
  | { kind: "identity"; blobUrl: string; queueUrl: string; tableUrl: string; clientId: string | undefined };

export interface Config {
  storage: StorageConfig;
  /** Where large attachments are stored; undefined for hot, where all small ones are. */
  attachmentTier: "Cool" | "Cold" | undefined;
  graph: {
    /** Origin without a trailing slash; the version (`/v1.0`) comes after it. */
    baseUrl: string;
    staticToken: string | undefined;
    tenantId: string | undefined;
    clientId: string | undefined;
    /** The second identity, which may change mailboxes. */
    writer?: { staticToken: string } | { clientId: string };
  };
  exchange: { baseUrl: string };
  /** The way out to Graph and Exchange, where there is no direct one. */
  proxy: { url: string; credentials: { keyVaultUrl: string; secretName: string } | null } | null;
  signing: SigningConfig;
  /** Of an RFC 3161 authority. */
  timestampUrl: string | undefined;
  /** Where spans and sums go; nowhere without it. */
  telemetry?: { endpoint: string; headers: Record<string, string> };
  auth: { mode: "local" } | { mode: "entra"; authority: string; tenantId: string; audience: string };
  /** What connections may use. */
  connections: {
    inAzure: boolean;
    allowSecrets: boolean;
    /** Connections to begin with, as JSON, and a file with more of them. */
    seed: string | undefined;
    seedFile: string | undefined;
    /** GRAPH_STATIC_TOKEN and GRAPH_STATIC_TOKEN_…, by the name of the setting. */
    staticTokens: Record<string, string>;
  };
}

/** @throws Error that names every bad setting and its remedy, one a line. Values are never shown: they may be secret. */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = Settings.safeParse(present);
  if (!parsed.success) throw new Error(`mailkeep cannot start: bad settings\n${remedies(parsed.error)}`);
  const s = parsed.data;
  return {
    storage: storage(s),
    attachmentTier: s.ATTACHMENT_TIER === "Hot" ? undefined : s.ATTACHMENT_TIER,
    graph: {
      baseUrl: s.GRAPH_BASE_URL,
      staticToken: s.GRAPH_STATIC_TOKEN,
      tenantId: s.TENANT_ID,
      clientId: s.AZURE_CLIENT_ID,
      ...writer(s),
    },
    exchange: { baseUrl: s.EXCHANGE_BASE_URL },
    proxy: proxy(s),
    signing: signing(s),
    timestampUrl: s.TIMESTAMP_URL,
    ...telemetry(s),
    connections: {
      inAzure: isHosted(s),
      allowSecrets: s.ALLOW_SECRET_IDENTITY === "true",
      seed: s.CONNECTIONS,
      seedFile: s.CONNECTIONS_FILE,
      staticTokens: staticTokens(present),
    },
    auth:
      authMode(s) === "local"
        ? { mode: "local" }
        : {
            mode: "entra",
            authority: s.AUTH_AUTHORITY ?? authorityOf(s.GRAPH_BASE_URL),
            tenantId: s.AUTH_TENANT_ID ?? "",
            audience: s.AUTH_AUDIENCE ?? "",
          },
  };
}

function writer({ GRAPH_WRITER_STATIC_TOKEN: staticToken, WRITER_CLIENT_ID: clientId }: Settings) {
  if (staticToken !== undefined) return { writer: { staticToken } };
  return clientId === undefined ? {} : { writer: { clientId } };
}

function proxy({ PROXY_URL: url, PROXY_SECRET_ID: secret }: Settings): Config["proxy"] {
  if (url === undefined) return null;
  if (secret === undefined) return { url, credentials: null };
  const { origin, pathname } = new URL(secret);
  return { url, credentials: { keyVaultUrl: origin, secretName: pathname.replace("/secrets/", "") } };
}

function signing(s: Settings): SigningConfig {
  if (s.SIGNING_KEY_ID !== undefined) return { kind: "key-vault", keyUrl: s.SIGNING_KEY_ID };
  return s.SIGNING_KEY_FILE === undefined ? { kind: "none" } : { kind: "file", path: s.SIGNING_KEY_FILE };
}

function telemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = {} }: Settings) {
  return endpoint === undefined ? {} : { telemetry: { endpoint, headers } };
}

function staticTokens(present: Record<string, string | undefined>): Record<string, string> {
  const named = Object.entries(present).filter(([name]) => /^GRAPH_STATIC_TOKEN(_[A-Z0-9_]+)?$/.test(name));
  return Object.fromEntries(named.map(([name, value]) => [name, value ?? ""]));
}

function storage(s: Settings): StorageConfig {
  if (s.ARCHIVE_STORAGE !== undefined) return { kind: "connection-string", connectionString: s.ARCHIVE_STORAGE };
  return {
    kind: "identity",
    blobUrl: s.ARCHIVE_STORAGE__blobServiceUri ?? "",
    queueUrl: s.ARCHIVE_STORAGE__queueServiceUri ?? "",
    tableUrl: s.ARCHIVE_STORAGE__tableServiceUri ?? "",
    clientId: s.ARCHIVE_STORAGE__clientId,
  };
}

function remedies(error: z.ZodError): string {
  return error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`).join("\n");
}
