#!/usr/bin/env bash
# Gives an identity the Microsoft Graph rights of rights.json: shows what it has, adds only what is missing, shows it again.
# Writes a script that takes back exactly what this one added. Needs: az (signed in), jq, and the Entra role Privileged Role
# Administrator. Its twin for PowerShell: grant.ps1.
#   ./grant.sh reader                  identity from azd's environment, or MAILKEEP_READER_PRINCIPAL_ID
#   ./grant.sh writer --check          changes nothing; exit 3 when rights are missing, 4 when there are too many
#   ./grant.sh reader --groups         also what profiles that name groups need
#   ./grant.sh reader --units          also what profiles that name administrative units need
#   ./grant.sh reader --skip-exchange  leaves out what scope.ps1 gives for chosen mailboxes only
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  echo "usage: grant.sh reader|writer [--check] [--groups] [--units] [--skip-exchange] [--principal OBJECT_ID]" >&2
  exit 2
}

who="${1:-}"
[[ "$who" == reader || "$who" == writer ]] || usage
shift
check=false
skip_exchange=false
needs='[]'
principal=""
while (($# > 0)); do
  case "$1" in
    --check) check=true ;;
    --skip-exchange) skip_exchange=true ;;
    --groups | --units) needs="$(jq -c --arg need "${1#--}" '. + [$need]' <<<"$needs")" ;;
    --principal)
      (($# > 1)) || usage
      principal="$2"
      shift
      ;;
    *) usage ;;
  esac
  shift
done

name="MAILKEEP_$(tr '[:lower:]' '[:upper:]' <<<"$who")_PRINCIPAL_ID"
if [[ -z "$principal" ]]; then
  principal="${!name:-}"
  # An environment without the value is no reason to stop in azd's words; the check below has better ones.
  if [[ -z "$principal" ]] && command -v azd >/dev/null; then principal="$(azd env get-value "$name" 2>/dev/null)" || principal=""; fi
fi
if [[ ! "$principal" =~ ^[0-9a-fA-F-]{36}$ ]]; then
  echo "Whose rights? Give the object id of the $who identity with --principal (output $name)." >&2
  exit 2
fi

graph="${GRAPH_BASE_URL:-https://graph.microsoft.com}/v1.0"
# What az might read is not the list of rights that the loop below reads.
rest() { az rest --only-show-errors --resource "${GRAPH_BASE_URL:-https://graph.microsoft.com}" "$@" </dev/null; }

app_id="$(jq -r .graph.appId rights.json)"
resource="$(rest --method get --url "$graph/servicePrincipals(appId='$app_id')?\$select=id,appRoles")"
resource_id="$(jq -r .id <<<"$resource")"

if_needed="$(jq -c --arg key "${who}IfNeeded" '.graph[$key] // []' rights.json)"
wanted="$(jq -c --arg who "$who" --argjson skip "$skip_exchange" --argjson needs "$needs" --argjson needed "$if_needed" \
  '[.graph[$who][] | select(($skip and has("exchangeRole")) | not)] + [$needed[] | select(.for as $for | $needs | index($for))]' rights.json)"

# All pages: what is on the second one is not missing.
assignments() {
  local url="$graph/servicePrincipals/$principal/appRoleAssignments" page all='[]'
  while [[ -n "$url" ]]; do
    page="$(rest --method get --url "$url")"
    all="$(jq -c --argjson all "$all" '$all + .value' <<<"$page")"
    url="$(jq -r '."@odata.nextLink" // ""' <<<"$page")"
  done
  printf '%s' "$all"
}

# Each assignment with the name of its right. The same name in another API is another right, so names are looked up by API.
named() {
  jq -c --argjson graph "$resource" --argjson exchange "$exchange" '
    ([$graph, $exchange] | map({key: .id, value: (.appRoles | map({key: .id, value: .value}) | from_entries)}) | from_entries) as $names
    | map(. + {right: ($names[.resourceId][.appRoleId] // .appRoleId)})' <<<"$1"
}

show() { # assignments as names, one a line
  jq -r 'map("  \(.resourceDisplayName): \(.right)") | sort | .[]' <<<"$(named "$1")"
}

before="$(assignments)"
# Exchange is asked only about what it may have given: exchange.ps1 gives a right of its.
exchange='{"id": "none", "appRoles": []}'
if jq -e --arg graph "$resource_id" 'any(.resourceId != $graph)' <<<"$before" >/dev/null; then
  exchange="$(rest --method get --url "$graph/servicePrincipals(appId='$(jq -r .exchange.appId rights.json)')?\$select=id,appRoles")"
fi
echo "Rights of the $who identity ($principal) before:"
show "$before"

missing="$(jq -c --argjson have "$before" --arg resource "$resource_id" '
  map(select(.id as $id | $have | any(.appRoleId == $id and .resourceId == $resource) | not))' <<<"$wanted")"
extra="$(jq -c --arg who "$who" --argjson wanted "$wanted" --argjson needed "$if_needed" --arg graph "$resource_id" \
  --argjson exchange "$exchange" --slurpfile rights rights.json '
  {($graph): ($wanted + $needed | map(.value)), ($exchange.id): ($rights[0].exchange[$who] // [] | map(.value))} as $fine
  | map(select(. as $one | $fine[.resourceId] // [] | index($one.right) | not) | .right as $name
    | {name: $name, dangerous: ($rights[0].graph.tooMuch | index($name) != null)})' <<<"$(named "$before")")"

jq -r '.[] | if .dangerous then "TOO MUCH: \(.name) goes far beyond what mailkeep needs; take it away."
  else "More than expected: \(.name)." end' <<<"$extra"
jq -r '.[] | "Missing: \(.value) (\(.why))"' <<<"$missing"

if $check; then
  [[ "$extra" == '[]' ]] || exit 4
  [[ "$missing" == '[]' ]] || exit 3
  echo "As it should be."
  exit 0
fi
if [[ "$missing" == '[]' ]]; then
  echo "Nothing to add."
  exit 0
fi

undo="undo-grant-$who-$(date -u +%Y%m%dT%H%M%SZ).sh"
{
  echo '#!/usr/bin/env bash'
  echo "# Takes back the Graph rights given to the $who identity $principal."
  echo 'set -euo pipefail'
} >"$undo"
chmod +x "$undo"

while read -r right; do
  role_id="$(jq -r .id <<<"$right")"
  # The list above is ours; the tenant's own directory must know the role under the same name before it is given.
  jq -e --argjson right "$right" '.appRoles | any(.id == $right.id and .value == $right.value and (.allowedMemberTypes | index("Application")))' \
    <<<"$resource" >/dev/null || {
    echo "This cloud's Microsoft Graph does not know $(jq -r .value <<<"$right") under $role_id; nothing more was changed." >&2
    exit 1
  }
  body="$(jq -nc --arg p "$principal" --arg r "$resource_id" --arg a "$role_id" '{principalId: $p, resourceId: $r, appRoleId: $a}')"
  made="$(rest --method post --url "$graph/servicePrincipals/$principal/appRoleAssignments" --body "$body" --headers 'Content-Type=application/json')"
  printf "az rest --method delete --resource '%s' --url '%s'\n" "${GRAPH_BASE_URL:-https://graph.microsoft.com}" \
    "$graph/servicePrincipals/$principal/appRoleAssignments/$(jq -r .id <<<"$made")" >>"$undo"
  echo "Added: $(jq -r .value <<<"$right")"
done < <(jq -c '.[]' <<<"$missing")

echo "Rights of the $who identity after:"
show "$(assignments)"
echo "To take them back: infra/$undo"
echo "Tokens that are already out keep their old rights: allow an hour, for managed identities up to a day, or restart the app."
