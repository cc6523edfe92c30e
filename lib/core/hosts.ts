// Microsoft's clouds: which hosts a token may be sent to, and nothing else. https://learn.microsoft.com/graph/deployments
import { z } from "zod";

export const cloudNames = ["global", "gcc", "gcchigh", "dod", "china"] as const;
export type CloudName = (typeof cloudNames)[number];

export interface Hosts {
  graphBaseUrl: string;
  exchangeBaseUrl: string;
  loginBaseUrl: string;
}

const worldwide: Hosts = {
  graphBaseUrl: "https://graph.microsoft.com",
  exchangeBaseUrl: "https://outlook.office365.com",
  loginBaseUrl: "https://login.microsoftonline.com",
};

/** Government tenants of GCC live in the worldwide cloud. */
export const clouds: Record<CloudName, Hosts> = {
  global: worldwide,
  gcc: worldwide,
  gcchigh: {
    graphBaseUrl: "https://graph.microsoft.us",
    exchangeBaseUrl: "https://outlook.office365.us",
    loginBaseUrl: "https://login.microsoftonline.us",
  },
  dod: {
    graphBaseUrl: "https://dod-graph.microsoft.us",
    exchangeBaseUrl: "https://outlook-dod.office365.us",
    loginBaseUrl: "https://login.microsoftonline.us",
  },
  china: {
    graphBaseUrl: "https://microsoftgraph.chinacloudapi.cn",
    exchangeBaseUrl: "https://partner.outlook.cn",
    loginBaseUrl: "https://login.partner.microsoftonline.cn",
  },
};

/** Whom a managed identity's token must be for, to stand for an app of another tenant
 * (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity). */
export const exchangeAudience: Record<CloudName, string> = {
  global: "api://AzureADTokenExchange",
  gcc: "api://AzureADTokenExchange",
  gcchigh: "api://AzureADTokenExchangeUSGov",
  dod: "api://AzureADTokenExchangeUSGov",
  china: "api://AzureADTokenExchangeChina",
};

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** @throws never: what is no URL is no loopback. */
export const isLoopback = (url: string): boolean => loopback.has(URL.parse(url)?.hostname ?? "");

/** https, or plain http: what goes through a proxy is encrypted to the host beyond it. */
export const ProxyOrigin = z
  .string()
  .max(300)
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || (url.username === "" && url.password === "");
  }, "must not hold a user or a password: keep them in Key Vault and name the secret in proxy.credentials")
  .refine((text) => {
    const url = URL.parse(text);
    if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return false;
    return url.pathname === "/" && url.search === "" && url.hash === "";
  }, "is not the address of a proxy, such as http://proxy.contoso.com:8080")
  .overwrite((text) => URL.parse(text)?.origin ?? text);

/** An origin: https, or http for loopback; a slash at its end is cut off. */
export const Origin = z
  .string()
  .max(300)
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  }, "is not an address such as https://graph.microsoft.com")
  .refine((text) => {
    const url = URL.parse(text);
    return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(text));
  }, "must be https (http is for loopback only)")
  .overwrite((text) => URL.parse(text)?.origin ?? text);
