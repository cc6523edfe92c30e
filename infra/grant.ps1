# Gives an identity the Microsoft Graph rights of rights.json: shows what it has, adds only what is missing, shows it again.
# Writes a script that takes back exactly what this one added. Needs the module Microsoft.Graph.Authentication and the Entra
# role Privileged Role Administrator. Its twin for bash: grant.sh.
#   ./grant.ps1 -Who reader -PrincipalId <object id>
#   ./grant.ps1 -Who writer -PrincipalId <object id> -Check     changes nothing; exit 3 when rights are missing, 4 when too many
#   ./grant.ps1 -Who reader -Groups                             also what profiles that name groups need
#   ./grant.ps1 -Who reader -Units                              also what profiles that name administrative units need
#   ./grant.ps1 -Who reader -SkipExchange                       leaves out what scope.ps1 gives for chosen mailboxes only
[CmdletBinding()]
param(
  [Parameter(Mandatory)][ValidateSet('reader', 'writer')][string]$Who,
  [ValidatePattern('^[0-9a-fA-F-]{36}$')][string]$PrincipalId,
  [ValidateSet('Global', 'USGov', 'USGovDoD', 'China')][string]$Environment = 'Global',
  [switch]$Check,
  [switch]$SkipExchange,
  [switch]$Groups,
  [switch]$Units
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if (-not $PrincipalId) {
  # Not put into the parameter before it is looked at: its pattern would refuse nothing at all in words of its own.
  $fromAzd = [System.Environment]::GetEnvironmentVariable("MAILKEEP_$($Who.ToUpper())_PRINCIPAL_ID")
  if ("$fromAzd" -notmatch '^[0-9a-fA-F-]{36}$') { throw "Whose rights? Give the object id of the $Who identity with -PrincipalId." }
  $PrincipalId = $fromAzd
}

$scopes = if ($Check) { 'Application.Read.All' } else { 'Application.Read.All', 'AppRoleAssignment.ReadWrite.All' }
Connect-MgGraph -Environment $Environment -Scopes $scopes -NoWelcome

$all = Get-Content -Raw (Join-Path $PSScriptRoot 'rights.json') | ConvertFrom-Json
$rights = $all.graph
$resource = Invoke-MgGraphRequest -OutputType PSObject -Method GET `
  -Uri "v1.0/servicePrincipals(appId='$($rights.appId)')?`$select=id,appRoles"
$names = @{}
foreach ($role in $resource.appRoles) { $names["$($resource.id) $($role.id)"] = $role.value }

$wanted = @($rights.$Who | Where-Object { -not ($SkipExchange -and $_.PSObject.Properties['exchangeRole']) })
# The array is made outside: what comes out of an `if` is taken apart, and of nothing remains a null.
$ifNeeded = @(if ($rights.PSObject.Properties["${Who}IfNeeded"]) { $rights."${Who}IfNeeded" })
if ($Groups) { $wanted += @($ifNeeded | Where-Object for -EQ 'groups') }
if ($Units) { $wanted += @($ifNeeded | Where-Object for -EQ 'units') }

# All pages: what is on the second one is not missing.
function Get-Assignments {
  $uri = "v1.0/servicePrincipals/$PrincipalId/appRoleAssignments"
  while ($uri) {
    $page = Invoke-MgGraphRequest -OutputType PSObject -Method GET -Uri $uri
    $page.value
    $uri = if ($page.PSObject.Properties['@odata.nextLink']) { $page.'@odata.nextLink' } else { $null }
  }
}

# The same name in another API is another right, so each name goes with its API.
function Get-RightName($Assignment) {
  $key = "$($Assignment.resourceId) $($Assignment.appRoleId)"
  if ($names.ContainsKey($key)) { $names[$key] } else { $Assignment.appRoleId }
}

function Show-Assignments($Assignments) {
  $Assignments | ForEach-Object { "  $($_.resourceDisplayName): $(Get-RightName $_)" } | Sort-Object | Write-Host
}

$before = @(Get-Assignments)
# Exchange is asked only about what it may have given: exchange.ps1 gives a right of its.
$fine = @{ $resource.id = @($wanted + $ifNeeded | ForEach-Object value) }
if (@($before | Where-Object resourceId -NE $resource.id).Count -gt 0) {
  $exchange = Invoke-MgGraphRequest -OutputType PSObject -Method GET -Uri "v1.0/servicePrincipals(appId='$($all.exchange.appId)')?`$select=id,appRoles"
  foreach ($role in $exchange.appRoles) { $names["$($exchange.id) $($role.id)"] = $role.value }
  $fine[$exchange.id] = @(if ($all.exchange.PSObject.Properties[$Who]) { $all.exchange.$Who | ForEach-Object value })
}
Write-Host "Rights of the $Who identity ($PrincipalId) before:"
Show-Assignments $before

$held = @($before | Where-Object resourceId -EQ $resource.id | ForEach-Object appRoleId)
$missing = @($wanted | Where-Object { $_.id -notin $held })
$extra = @($before | Where-Object { -not ($fine.ContainsKey($_.resourceId) -and (Get-RightName $_) -in $fine[$_.resourceId]) } | ForEach-Object { Get-RightName $_ })

foreach ($name in $extra) {
  if ($name -in $rights.tooMuch) { Write-Warning "TOO MUCH: $name goes far beyond what mailkeep needs; take it away." }
  else { Write-Host "More than expected: $name." }
}
foreach ($right in $missing) { Write-Host "Missing: $($right.value) ($($right.why))" }

if ($Check) {
  if ($extra.Count -gt 0) { exit 4 }
  if ($missing.Count -gt 0) { exit 3 }
  Write-Host 'As it should be.'
  exit 0
}
if ($missing.Count -eq 0) {
  Write-Host 'Nothing to add.'
  exit 0
}

$stamp = (Get-Date).ToUniversalTime().ToString('yyyyMMddTHHmmssZ')
$undo = Join-Path $PSScriptRoot "undo-grant-$Who-$stamp.ps1"
@(
  "# Takes back the Graph rights given to the $Who identity $PrincipalId."
  "`$ErrorActionPreference = 'Stop'"
  "Connect-MgGraph -Environment $Environment -Scopes 'AppRoleAssignment.ReadWrite.All' -NoWelcome"
) | Set-Content -Encoding utf8 $undo

foreach ($right in $missing) {
  # The list is ours; the tenant's own directory must know the role under the same name before it is given.
  $known = $resource.appRoles | Where-Object {
    $_.id -eq $right.id -and $_.value -eq $right.value -and 'Application' -in $_.allowedMemberTypes
  }
  if (-not $known) { throw "This cloud's Microsoft Graph does not know $($right.value) under $($right.id); nothing more was changed." }
  $body = @{ principalId = $PrincipalId; resourceId = $resource.id; appRoleId = $right.id } | ConvertTo-Json
  $made = Invoke-MgGraphRequest -OutputType PSObject -Method POST -ContentType 'application/json' -Body $body `
    -Uri "v1.0/servicePrincipals/$PrincipalId/appRoleAssignments"
  "Invoke-MgGraphRequest -Method DELETE -Uri 'v1.0/servicePrincipals/$PrincipalId/appRoleAssignments/$($made.id)'" |
    Add-Content -Encoding utf8 $undo
  Write-Host "Added: $($right.value)"
}

Write-Host "Rights of the $Who identity after:"
Show-Assignments @(Get-Assignments)
Write-Host "To take them back: $undo"
Write-Host 'Tokens that are already out keep their old rights: allow an hour, for managed identities up to a day, or restart the app.'
