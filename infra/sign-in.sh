#!/usr/bin/env bash
# Makes the app registration that stands for the API: four app roles, for people and for programs; no secret. Running it again
# changes nothing that is already right. Needs: az (signed in), jq, and the Entra role Cloud Application Administrator.
#   ./sign-in.sh                                  makes or mends it, and tells azd its id
#   ./sign-in.sh Archive.Admin anna@contoso.com   gives a person one of the roles
set -euo pipefail

name="${MAILKEEP_APP_NAME:-mailkeep}"
base="${GRAPH_BASE_URL:-https://graph.microsoft.com}"
graph="$base/v1.0"
rest() { az rest --only-show-errors --resource "$base" "$@"; }

# The same ids everywhere, so that a registration can be made anew without losing what was assigned by role id.
roles='[
  {"id":"6f0d7c3a-5a0e-4c52-9d0a-2c8e3f7b1a01","value":"Archive.Admin","displayName":"Administrator","description":"Says what is archived, runs it, and reads the archive."},
  {"id":"6f0d7c3a-5a0e-4c52-9d0a-2c8e3f7b1a02","value":"Archive.Operator","displayName":"Operator","description":"Runs and watches the archive; cannot read mail."},
  {"id":"6f0d7c3a-5a0e-4c52-9d0a-2c8e3f7b1a03","value":"Archive.Reader","displayName":"Reader","description":"Reads archived mail."},
  {"id":"6f0d7c3a-5a0e-4c52-9d0a-2c8e3f7b1a04","value":"Archive.Auditor","displayName":"Auditor","description":"Sees runs, gaps and the audit trail; cannot read mail."}
]'
roles="$(jq -c 'map(. + {isEnabled: true, allowedMemberTypes: ["User", "Application"]})' <<<"$roles")"

# What the Azure CLI asks for when a person wants a token: az account get-access-token --scope api://{id}/.default
scope='{"id":"6f0d7c3a-5a0e-4c52-9d0a-2c8e3f7b1b01","value":"access","type":"User","isEnabled":true,
  "adminConsentDisplayName":"Use mailkeep","adminConsentDescription":"Use mailkeep as the person who is signed in, with that person'"'"'s role."}'
azure_cli='04b07795-8ddb-461a-bbee-02f9e1bf7b46'

find_app() { az ad app list --display-name "$name" --query "[?displayName=='$name']" -o json; }

apps="$(find_app)"
case "$(jq length <<<"$apps")" in
  0)
    body="$(jq -nc --arg name "$name" --argjson roles "$roles" \
      '{displayName: $name, signInAudience: "AzureADMyOrg", appRoles: $roles, api: {requestedAccessTokenVersion: 2}}')"
    app="$(rest --method post --url "$graph/applications" --body "$body" --headers 'Content-Type=application/json')"
    echo "Made the app registration $name."
    ;;
  1) app="$(jq -c '.[0]' <<<"$apps")" ;;
  *)
    echo "There are several app registrations called $name; set MAILKEEP_APP_NAME to another name." >&2
    exit 1
    ;;
esac
app_id="$(jq -r .appId <<<"$app")"
object_id="$(jq -r .id <<<"$app")"

# Adds what is missing to a registration that is already there, and leaves everything else of it alone.
patch() {
  [[ "$1" != '{}' ]] || return 0
  rest --method patch --url "$graph/applications/$object_id" --body "$1" --headers 'Content-Type=application/json'
  echo "Mended: $(jq -r 'keys | join(", ")' <<<"$1")"
}

merged="$(jq -c --argjson roles "$roles" '.appRoles as $have | $have + ($roles | map(select(.value as $v | $have | any(.value == $v) | not)))' <<<"$app")"
patch "$(jq -nc --arg uri "api://$app_id" --argjson roles "$merged" --argjson app "$app" '
  (if ($app.appRoles | length) < ($roles | length) then {appRoles: $roles} else {} end)
  + (if ($app.identifierUris // []) | index($uri) then {} else {identifierUris: (($app.identifierUris // []) + [$uri])} end)')"

# The scope must be there before anybody can be allowed to ask for it.
api="$(jq -c --argjson scope "$scope" '.api + {requestedAccessTokenVersion: 2} | .oauth2PermissionScopes = ((.oauth2PermissionScopes // [])
  | if any(.value == $scope.value) then . else . + [$scope] end)' <<<"$app")"
patch "$(jq -nc --argjson api "$api" --argjson app "$app" 'if $app.api == $api then {} else {api: $api} end')"
scope_id="$(jq -r '.oauth2PermissionScopes[] | select(.value == "access") | .id' <<<"$api")"
allowed="$(jq -c --arg cli "$azure_cli" --arg scope "$scope_id" '.preAuthorizedApplications = ((.preAuthorizedApplications // [])
  | if any(.appId == $cli) then . else . + [{appId: $cli, delegatedPermissionIds: [$scope]}] end)' <<<"$api")"
patch "$(jq -nc --argjson api "$allowed" --argjson before "$api" 'if $before == $api then {} else {api: $api} end')"

principals="$(az ad sp list --filter "appId eq '$app_id'" -o json)"
if [[ "$(jq length <<<"$principals")" == 0 ]]; then
  # Only who has been given a role gets a token at all.
  sp_id="$(rest --method post --url "$graph/servicePrincipals" --headers 'Content-Type=application/json' \
    --body "$(jq -nc --arg id "$app_id" '{appId: $id, appRoleAssignmentRequired: true}')" | jq -r .id)"
else
  sp_id="$(jq -r '.[0].id' <<<"$principals")"
fi

if (($# == 2)); then
  role_id="$(jq -r --arg value "$1" '.[] | select(.value == $value) | .id' <<<"$merged")"
  [[ -n "$role_id" ]] || { echo "There is no role $1; there are: $(jq -r 'map(.value) | join(", ")' <<<"$roles")" >&2; exit 2; }
  user_id="$(az ad user show --id "$2" --query id -o tsv)"
  held="$(rest --method get --url "$graph/users/$user_id/appRoleAssignments?\$filter=resourceId%20eq%20$sp_id")"
  if jq -e --arg role "$role_id" '.value | any(.appRoleId == $role)' <<<"$held" >/dev/null; then
    echo "$2 already is $1."
  else
    rest --method post --url "$graph/servicePrincipals/$sp_id/appRoleAssignedTo" --headers 'Content-Type=application/json' \
      --body "$(jq -nc --arg p "$user_id" --arg r "$sp_id" --arg a "$role_id" '{principalId: $p, resourceId: $r, appRoleId: $a}')" >/dev/null
    echo "$2 is now $1."
  fi
fi

echo "AUTH_AUDIENCE=$app_id"
if command -v azd >/dev/null && azd env get-values >/dev/null 2>&1; then azd env set AUTH_AUDIENCE "$app_id"; fi
