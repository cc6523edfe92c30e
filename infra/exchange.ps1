# Lets the reader ask Exchange Online's administration what Graph does not know: members of dynamic distribution groups, holds,
# and what RBAC for Applications lets it read. Only if profiles need it: one that chooses a dynamic group, one that deletes, or
# the question how a mailbox is reached.
# Gives the application right of rights.json, and a role group whose roles are cut down to the cmdlets listed there. Not
# Exchange Administrator, not Global Reader. Shows before and after, adds only what is missing, writes a script that undoes it.
# Needs the modules ExchangeOnlineManagement and Microsoft.Graph.Authentication, and the roles Organization Management in
# Exchange and Privileged Role Administrator in Entra.
#   ./exchange.ps1 -AppId <client id> -PrincipalId <object id>
#   ./exchange.ps1 … -Check                changes nothing; exit 3 when something is missing, 4 when there is too much
#   ./exchange.ps1 … -Environment USGov    another cloud: USGov, USGovDoD, China
[CmdletBinding()]
param(
  # The client id of the managed identity that reads …
  [Parameter(Mandatory)][ValidatePattern('^[0-9a-fA-F-]{36}$')][string]$AppId,
  # … and its object id in Enterprise applications.
  [Parameter(Mandatory)][ValidatePattern('^[0-9a-fA-F-]{36}$')][string]$PrincipalId,
  [ValidateSet('Global', 'USGov', 'USGovDoD', 'China')][string]$Environment = 'Global',
  [switch]$Check
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$exchange = (Get-Content -Raw (Join-Path $PSScriptRoot 'rights.json') | ConvertFrom-Json).exchange
$undo = Join-Path $PSScriptRoot "undo-exchange-$((Get-Date).ToUniversalTime().ToString('yyyyMMddTHHmmssZ')).ps1"
# The same cloud has one name in Exchange and another in Graph.
$exchangeNames = @{ Global = 'O365Default'; USGov = 'O365USGovGCCHigh'; USGovDoD = 'O365USGovDoD'; China = 'O365China' }
$connectExchange = "Connect-ExchangeOnline -ExchangeEnvironmentName $($exchangeNames[$Environment]) -ShowBanner:`$false"
$steps = [System.Collections.Generic.List[string]]::new()
$missing = [System.Collections.Generic.List[string]]::new()
$extra = [System.Collections.Generic.List[string]]::new()

# Kept up to date after every change, so that a stop half way can be undone as well; the last change is undone first.
function Add-UndoStep([string]$Line) {
  $steps.Insert(0, $Line)
  @("# Undoes exchange.ps1 for the identity $AppId.", "`$ErrorActionPreference = 'Stop'",
    $connectExchange,
    "Connect-MgGraph -Environment $Environment -Scopes 'AppRoleAssignment.ReadWrite.All' -NoWelcome") + $steps | Set-Content -Encoding utf8 $undo
}

# Says what is missing, and mends it unless nothing is to be changed.
function Repair([string]$What, [scriptblock]$Mend) {
  if ($Check) { $missing.Add($What); return }
  & $Mend
  Write-Host "Added: $What"
}

# Members are of several kinds, and not every kind has every field; strict mode stops at a field that is not there.
function Get-Field($Object, [string]$Name) {
  $field = $Object.PSObject.Properties[$Name]
  if ($field) { "$($field.Value)" }
}

# What the role group lets the identity ask, as Exchange has it now.
function Show-Roles([string]$When) {
  Write-Host "In the role group $($exchange.roleGroup) ${When}:"
  foreach ($wanted in $exchange.roles) {
    $role = Get-ManagementRole | Where-Object Name -EQ $wanted.name
    $cmdlets = if ($role) { @(Get-ManagementRoleEntry "$($wanted.name)\*" | ForEach-Object Name) -join ', ' } else { 'not there' }
    Write-Host "  $($wanted.name): $cmdlets"
  }
}

function Get-Assignments {
  $uri = "v1.0/servicePrincipals/$PrincipalId/appRoleAssignments"
  while ($uri) {
    $page = Invoke-MgGraphRequest -OutputType PSObject -Method GET -Uri $uri
    $page.value
    $uri = if ($page.PSObject.Properties['@odata.nextLink']) { $page.'@odata.nextLink' } else { $null }
  }
}

Connect-ExchangeOnline -ExchangeEnvironmentName $exchangeNames[$Environment] -ShowBanner:$false
$graphScopes = if ($Check) { 'Application.Read.All' } else { 'Application.Read.All', 'AppRoleAssignment.ReadWrite.All' }
Connect-MgGraph -Environment $Environment -Scopes $graphScopes -NoWelcome

Show-Roles $(if ($Check) { 'now' } else { 'before' })

# 1. The application right. Alone it opens nothing: every cmdlet needs a role in Exchange besides.
$resource = Invoke-MgGraphRequest -OutputType PSObject -Method GET -Uri "v1.0/servicePrincipals(appId='$($exchange.appId)')?`$select=id,appRoles"
$held = @(Get-Assignments | Where-Object resourceId -EQ $resource.id)
foreach ($right in $exchange.reader) {
  # Some of these rights have no published id; their name is the same in every tenant.
  $role = @($resource.appRoles | Where-Object value -EQ $right.value)
  if ($role.Count -ne 1) {
    if ($right.PSObject.Properties['optional']) { Write-Host "Not in this tenant: $($right.value)"; continue }
    throw "Exchange Online offers no right $($right.value) here."
  }
  if ($role[0].id -in @($held | ForEach-Object appRoleId)) { continue }
  Repair "right $($right.value)" {
    $body = @{ principalId = $PrincipalId; resourceId = $resource.id; appRoleId = $role[0].id } | ConvertTo-Json
    $made = Invoke-MgGraphRequest -OutputType PSObject -Method POST -ContentType 'application/json' -Uri "v1.0/servicePrincipals/$PrincipalId/appRoleAssignments" -Body $body
    Add-UndoStep "Invoke-MgGraphRequest -Method DELETE -Uri 'v1.0/servicePrincipals/$PrincipalId/appRoleAssignments/$($made.id)'"
  }
}

# 2. Exchange's own picture of the identity.
if (-not (Get-ServicePrincipal | Where-Object AppId -EQ $AppId)) {
  Repair "service principal $AppId" {
    New-ServicePrincipal -AppId $AppId -ObjectId $PrincipalId -DisplayName 'mailkeep-reader' | Out-Null
    Add-UndoStep "Remove-ServicePrincipal -Identity '$PrincipalId' -Confirm:`$false"
  }
}

# 3. Roles with the listed cmdlets and no other.
foreach ($wanted in $exchange.roles) {
  $role = Get-ManagementRole | Where-Object Name -EQ $wanted.name
  if (-not $role) {
    Repair "role $($wanted.name)" {
      New-ManagementRole -Name $wanted.name -Parent $wanted.parent | Out-Null
      Add-UndoStep "Remove-ManagementRole -Identity '$($wanted.name)' -Confirm:`$false"
    }
    if ($Check) { continue }
  }
  $entries = @(Get-ManagementRoleEntry "$($wanted.name)\*")
  foreach ($entry in $entries | Where-Object { $_.Name -notin $wanted.cmdlets }) {
    if ($Check) { $extra.Add("$($wanted.name)\$($entry.Name)"); continue }
    Remove-ManagementRoleEntry "$($wanted.name)\$($entry.Name)" -Confirm:$false
  }
  $lacking = @($wanted.cmdlets | Where-Object { $_ -notin @($entries | ForEach-Object Name) })
  foreach ($cmdlet in $lacking) {
    Repair "$($wanted.name)\$cmdlet" { Add-ManagementRoleEntry "$($wanted.name)\$cmdlet" | Out-Null }
  }
}

# 4. The role group that joins the two.
$group = Get-RoleGroup | Where-Object Name -EQ $exchange.roleGroup
if (-not $group) {
  Repair "role group $($exchange.roleGroup)" {
    New-RoleGroup -Name $exchange.roleGroup -Roles @($exchange.roles | ForEach-Object name) -Description 'What mailkeep asks of Exchange; reads only.' | Out-Null
    Add-UndoStep "Remove-RoleGroup -Identity '$($exchange.roleGroup)' -Confirm:`$false"
  }
}
if ($group -or -not $Check) {
  $assigned = @(Get-ManagementRoleAssignment -RoleAssignee $exchange.roleGroup | ForEach-Object { "$($_.Role)" })
  foreach ($name in @($exchange.roles | ForEach-Object name) | Where-Object { $_ -notin $assigned }) {
    Repair "$name in $($exchange.roleGroup)" {
      New-ManagementRoleAssignment -SecurityGroup $exchange.roleGroup -Role $name | Out-Null
    }
  }
  foreach ($name in $assigned | Where-Object { $_ -notin @($exchange.roles | ForEach-Object name) }) { $extra.Add("$name in $($exchange.roleGroup)") }
  $members = @(Get-RoleGroupMember -Identity $exchange.roleGroup | ForEach-Object { Get-Field $_ 'ExternalDirectoryObjectId'; Get-Field $_ 'Guid'; Get-Field $_ 'Name' })
  if ($PrincipalId -notin $members) {
    Repair "the identity in $($exchange.roleGroup)" {
      Add-RoleGroupMember -Identity $exchange.roleGroup -Member $PrincipalId
      Add-UndoStep "Remove-RoleGroupMember -Identity '$($exchange.roleGroup)' -Member '$PrincipalId' -Confirm:`$false"
    }
  }
}

if (-not $Check) { Show-Roles 'after' }
foreach ($what in $missing) { Write-Warning "Missing: $what" }
foreach ($what in $extra) { Write-Warning "More than mailkeep uses: $what" }
if ($missing.Count -gt 0) { exit 3 }
if ($extra.Count -gt 0) { exit 4 }
if ($steps.Count -gt 0) { Write-Host "To undo: $undo" }
Write-Host 'Exchange follows within two hours; until then it answers 401 or 403.'
