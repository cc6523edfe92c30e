// Logs and alerts.
import { child, located, type ResourceType } from "./shape.js";

export const monitoring: Record<string, ResourceType> = {
  "Microsoft.OperationalInsights/workspaces@2023-09-01": {
    name: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
    body: {
      ...located,
      properties: {
        sku: {
          "name!": [
            "CapacityReservation",
            "Free",
            "LACluster",
            "PerGB2018",
            "PerNode",
            "Premium",
            "Standalone",
            "Standard",
          ],
        },
        retentionInDays: "int",
      },
    },
  },
  "Microsoft.OperationalInsights/workspaces/savedSearches@2023-09-01": {
    name: /^[\w.-]{1,260}$/,
    body: {
      ...child,
      etag: "string",
      "properties!": { "category!": "string", "displayName!": "string", "query!": "string", version: "int" },
    },
  },
  "Microsoft.Insights/components@2020-02-02": {
    name: /^[\w().-]{1,260}$/,
    reads: ["properties.ConnectionString"],
    body: {
      ...located,
      "kind!": "string",
      properties: { "Application_Type!": ["web", "other"], WorkspaceResourceId: "string", DisableLocalAuth: "bool" },
    },
  },
  "Microsoft.Insights/actionGroups@2023-01-01": {
    name: /^[^<>*%&:?/\\|+]{1,260}$/,
    body: {
      ...located,
      properties: {
        "enabled!": "bool",
        "groupShortName!": "string",
        emailReceivers: { each: { "name!": "string", "emailAddress!": "string", useCommonAlertSchema: "bool" } },
      },
    },
  },
  "Microsoft.Insights/scheduledQueryRules@2023-12-01": {
    name: /^[^*<>%&:?/{}#+]{1,260}$/,
    body: {
      ...located,
      kind: ["LogAlert", "LogToMetric"],
      "properties!": {
        displayName: "string",
        description: "string",
        severity: "int",
        enabled: "bool",
        scopes: { each: "string" },
        evaluationFrequency: "string",
        windowSize: "string",
        criteria: {
          allOf: {
            each: {
              query: "string",
              timeAggregation: ["Average", "Count", "Maximum", "Minimum", "Total"],
              metricMeasureColumn: "string",
              operator: ["Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"],
              threshold: "int",
              failingPeriods: { numberOfEvaluationPeriods: "int", minFailingPeriodsToAlert: "int" },
            },
          },
        },
        autoMitigate: "bool",
        muteActionsDuration: "string",
        skipQueryValidation: "bool",
        actions: { actionGroups: { each: "string" } },
      },
    },
  },
};
