# Gives an identity its mail rights for chosen mailboxes only (RBAC for Applications in Exchange Online) and takes away the
# tenant-wide ones, which would outweigh them: the two kinds add up. Shows before and after, adds only what is missing, writes
# a script that undoes it, and proves on two mailboxes that the scope binds.
# Needs the modules ExchangeOnlineManagement and Microsoft.Graph.Authentication, and the roles Exchange Administrator (or
# Organization Management) and Privileged Role Administrator.
#   ./scope.ps1 -Who reader -AppId <client id> -PrincipalId <object id> -Group archived@contoso.com `
#     -Inside anna@contoso.com -Outside ceo@contoso.com
#   ./scope.ps1 … -Filter "CustomAttribute1 -eq 'archive'"      instead of a group
#   ./scope.ps1 … -AdministrativeUnit <object id>               instead of a group
#   ./scope.ps1 … -Check                                        changes nothing, only tests the two mailboxes; exit 5: it does not bind
#   ./scope.ps1 … -Environment USGov                            another cloud: USGov, USGovDoD, China
[CmdletBinding(DefaultParameterSetName = 'Group')]
param(
  [Parameter(Mandatory)][ValidateSet('reader', 'writer')][string]$Who,
  # The client id of the managed identity …
  [Parameter(Mandatory)][ValidatePattern('^[0-9a-fA-F-]{36}$')][string]$AppId,
  # … and its object id in Enterprise applications. Not the object id of an app registration: that one scopes nothing.
  [Parameter(Mandatory)][ValidatePattern('^[0-9a-fA-F-]{36}$')][string]$PrincipalId,
  [Parameter(Mandatory, ParameterSetName = 'Group')][string]$Group,
  [Parameter(Mandatory, ParameterSetName = 'Filter')][string]$Filter,
  [Parameter(Mandatory, ParameterSetName = 'Unit')][ValidatePattern('^[0-9a-fA-F-]{36}$')][string]$AdministrativeUnit,
  [Parameter(Mandatory)][string]$Inside,
  [Parameter(Mandatory)][string]$Outside,
  [ValidateSet('Global', 'USGov', 'USGovDoD', 'China')][string]$Environment = 'Global',
  [switch]$Check
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$rights = (Get-Content -Raw (Join-Path $PSScriptRoot 'rights.json') | ConvertFrom-Json).graph
$scoped = @($rights.$Who | Where-Object { $_.PSObject.Properties['exchangeRole'] })
$name = "mailkeep-$Who"
$undo = Join-Path $PSScriptRoot "undo-scope-$Who-$((Get-Date).ToUniversalTime().ToString('yyyyMMddTHHmmssZ')).ps1"
# The same cloud has one name in Exchange and another in Graph.
$exchangeNames = @{ Global = 'O365Default'; USGov = 'O365USGovGCCHigh'; USGovDoD = 'O365USGovDoD'; China = 'O365China' }
$connectExchange = "Connect-ExchangeOnline -ExchangeEnvironmentName $($exchangeNames[$Environment]) -ShowBanner:`$false"
$steps = [System.Collections.Generic.List[string]]::new()

# Kept up to date after every change, so that a stop half way can be undone as well; the last change is undone first.
function Add-UndoStep([string]$Line) {
  $steps.Insert(0, $Line)
  @("# Undoes scope.ps1 for the $Who identity $AppId.", "`$ErrorActionPreference = 'Stop'",
    $connectExchange,
    "Connect-MgGraph -Environment $Environment -Scopes 'AppRoleAssignment.ReadWrite.All' -NoWelcome") + $steps | Set-Content -Encoding utf8 $undo
}

# What Exchange would decide, past its caches; it knows nothing of the tenant-wide rights of Entra.
function Test-Scope {
  $binds = $true
  foreach ($right in $scoped) {
    $in = @(Test-ServicePrincipalAuthorization -Identity $AppId -Resource $Inside | Where-Object RoleName -EQ $right.exchangeRole)
    $out = @(Test-ServicePrincipalAuthorization -Identity $AppId -Resource $Outside | Where-Object RoleName -EQ $right.exchangeRole)
    $open = @($in | Where-Object { "$($_.InScope)" -eq 'True' }).Count -gt 0
    $leak = @($out | Where-Object { "$($_.InScope)" -eq 'True' }).Count -gt 0
    Write-Host "  $($right.exchangeRole): $Inside $(if ($open) { 'yes' } else { 'NO' }), $Outside $(if ($leak) { 'YES' } else { 'no' })"
    if (-not $open -or $leak) { $binds = $false }
  }
  $binds
}

# Exchange cannot list by application; ours are known by their names, which are the identity's.
function Get-OwnAssignments { Get-ManagementRoleAssignment | Where-Object Name -Like "$name-*" }

function Show-Assignments($Assignments) {
  $Assignments | ForEach-Object { "  $($_.Name): $($_.Role)" } | Sort-Object | Write-Host
}

function Get-TenantWide {
  $ids = @($scoped | ForEach-Object id)
  $resource = Invoke-MgGraphRequest -OutputType PSObject -Method GET -Uri "v1.0/servicePrincipals(appId='$($rights.appId)')?`$select=id"
  $uri = "v1.0/servicePrincipals/$PrincipalId/appRoleAssignments"
  while ($uri) {
    $page = Invoke-MgGraphRequest -OutputType PSObject -Method GET -Uri $uri
    $page.value | Where-Object { $_.resourceId -eq $resource.id -and $_.appRoleId -in $ids }
    $uri = if ($page.PSObject.Properties['@odata.nextLink']) { $page.'@odata.nextLink' } else { $null }
  }
}

Connect-ExchangeOnline -ExchangeEnvironmentName $exchangeNames[$Environment] -ShowBanner:$false
$graphScopes = if ($Check) { 'Application.Read.All' } else { 'Application.Read.All', 'AppRoleAssignment.ReadWrite.All' }
Connect-MgGraph -Environment $Environment -Scopes $graphScopes -NoWelcome

if (-not $Check) {
  $principal = Get-ServicePrincipal | Where-Object AppId -EQ $AppId
  if ($principal) {
    if ("$($principal.ObjectId)" -ne $PrincipalId) { throw "Exchange knows $AppId under the object id $($principal.ObjectId): remove that service principal, or give the right -PrincipalId." }
  } else {
    New-ServicePrincipal -AppId $AppId -ObjectId $PrincipalId -DisplayName $name | Out-Null
    Add-UndoStep "Remove-ServicePrincipal -Identity '$PrincipalId' -Confirm:`$false"
  }

  $target = @{}
  if ($PSCmdlet.ParameterSetName -eq 'Unit') {
    $target['RecipientAdministrativeUnitScope'] = $AdministrativeUnit
  } else {
    if ($Group) {
      # Direct members only: members of nested groups are not found by this filter.
      $found = @(Get-Recipient -Identity $Group)
      if ($found.Count -ne 1) { throw "There is not exactly one group $Group." }
      $Filter = "MemberOfGroup -eq '$($found[0].DistinguishedName.Replace("'", "''"))'"
    }
    $scope = Get-ManagementScope | Where-Object Name -EQ $name
    if (-not $scope) {
      New-ManagementScope -Name $name -RecipientRestrictionFilter $Filter | Out-Null
      Add-UndoStep "Remove-ManagementScope -Identity '$name' -Confirm:`$false"
    } else {
      # Never changed here: others may rely on it. Whether it is the wanted one shows in the test below.
      Write-Host "The management scope $name exists and is used as it is: $($scope.RecipientFilter)"
      Write-Host "Asked for was: $Filter"
    }
    $target['CustomResourceScope'] = $name
  }

  $existing = @(Get-OwnAssignments)
  Write-Host 'Assignments before:'
  Show-Assignments $existing
  foreach ($right in $scoped) {
    $assignment = "$name-$($right.value)"
    if ($assignment -in @($existing | ForEach-Object Name)) { continue }
    New-ManagementRoleAssignment -Name $assignment -App $AppId -Role $right.exchangeRole @target | Out-Null
    Add-UndoStep "Remove-ManagementRoleAssignment -Identity '$assignment' -Confirm:`$false"
    Write-Host "Added: $assignment"
  }
  Write-Host 'Assignments after:'
  Show-Assignments @(Get-OwnAssignments)
}

Write-Host 'What Exchange says:'
$binds = Test-Scope
if (-not $binds) {
  Write-Warning 'The scope does not bind as it should. Tenant-wide rights were left as they are.'
  exit 5
}

$wide = @(Get-TenantWide)
if ($wide.Count -gt 0 -and $Check) {
  Write-Warning "The identity also holds $($wide.Count) of these rights for the whole tenant: the scope restricts nothing."
  exit 5
}
# Last, and only once the scope works: in between the identity can do more, never less.
foreach ($assignment in $wide) {
  Invoke-MgGraphRequest -Method DELETE -Uri "v1.0/servicePrincipals/$PrincipalId/appRoleAssignments/$($assignment.id)"
  $body = "{`"principalId`":`"$PrincipalId`",`"resourceId`":`"$($assignment.resourceId)`",`"appRoleId`":`"$($assignment.appRoleId)`"}"
  Add-UndoStep "Invoke-MgGraphRequest -Method POST -ContentType 'application/json' -Uri 'v1.0/servicePrincipals/$PrincipalId/appRoleAssignments' -Body '$body'"
  Write-Host "Taken away for the whole tenant: $($assignment.appRoleId)"
}
Write-Host "The scope binds. Exchange's caches follow within two hours; mailboxes refused until then are tried again by the next run."
if ($steps.Count -gt 0) { Write-Host "To undo: $undo" }
