package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// publicRoutes are the routes without a bearer token, with the settings that their own
// proof needs; none where there is nothing to hide.
var publicRoutes = map[string][]string{
	"POST /webhooks/gitlab": {"WEBHOOK_SECRET"},
	"GET /openapi.json":     nil,
}

// tokenSettings are what a function needs to verify bearer tokens itself.
var tokenSettings = []string{"OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL"}

// unscoped are the actions that AWS lets nobody narrow to a resource.
var unscoped = []string{
	"xray:PutTraceSegments", "xray:PutTelemetryRecords", "states:SendTaskSuccess", "states:SendTaskFailure",
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
	"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
}

// Statement is one statement of a policy.
type Statement struct {
	Effect              string
	Actions             []string
	Resources           []any
	Principal           any
	Condition           any
	NotAction, NotScope bool
}

// Routes: every route either leads to a function that verifies tokens or is listed as
// public and leads to a function that has what its own proof needs. Any other would be open
// to the world.
func Routes(t Template) []string {
	var found []string
	listed := map[string]bool{}
	for _, e := range t.Events("HttpApi") {
		route := Text(e.Props["Method"]) + " " + Text(e.Props["Path"])
		env := t.Environment(e.Function)
		need := tokenSettings
		if proof, public := publicRoutes[route]; public {
			need, listed[route] = proof, true
		}
		for _, setting := range need {
			if env[setting] == nil {
				found = append(found, fmt.Sprintf("%s: %s has no %s, so it can't tell who calls", route, e.Function, setting))
			}
		}
	}
	for route := range publicRoutes {
		if !listed[route] {
			found = append(found, route+" is listed as public, but there is no such route")
		}
	}
	slices.Sort(found)
	return found
}

// Roles: every function and state machine has a role of its own, written out in the
// template, so that what one may do is not what another happens to need.
func Roles(t Template) []string {
	var found []string
	used := map[string]string{}
	for _, kind := range []string{Function, StateMachine} {
		for _, name := range t.OfType(kind) {
			role := Target(t.Props(name)["Role"])
			switch {
			case t.Resources[role].Type != Role:
				found = append(found, name+" has no role in the template")
			case used[role] != "":
				found = append(found, fmt.Sprintf("%s and %s share %s", used[role], name, role))
			}
			if t.Props(name)["Policies"] != nil {
				found = append(found, name+": policies belong into its role")
			}
			used[role] = name
		}
	}
	return found
}

// Wildcards: no role may do "*" or a pattern of actions, none has a managed policy, and a
// statement for every resource holds only actions that can't be narrowed.
func Wildcards(t Template) []string {
	var found []string
	for _, name := range t.OfType(Role) {
		if t.Props(name)["ManagedPolicyArns"] != nil {
			found = append(found, name+" has a managed policy")
		}
		for _, s := range t.Statements(name) {
			found = append(found, wildcards(name, s)...)
		}
	}
	return found
}

func wildcards(role string, s Statement) []string {
	var found []string
	if s.Effect != "Allow" {
		return nil
	}
	if s.NotAction || s.NotScope {
		found = append(found, role+" allows by exception")
	}
	everything := slices.ContainsFunc(s.Resources, func(r any) bool { return Text(r) == "*" })
	for _, a := range s.Actions {
		if strings.Contains(a, "*") {
			found = append(found, fmt.Sprintf("%s allows %s", role, a))
		}
		if everything && !slices.Contains(unscoped, a) {
			found = append(found, fmt.Sprintf("%s allows %s on everything", role, a))
		}
	}
	return found
}

// Trust: a role is assumed by one service of AWS and nothing else.
func Trust(t Template) []string {
	var found []string
	for _, name := range t.OfType(Role) {
		for _, s := range statements(At(t.Props(name), "AssumeRolePolicyDocument", "Statement")) {
			service := Text(At(s.Principal, "Service"))
			if !strings.HasSuffix(service, ".amazonaws.com") || len(asMap(s.Principal)) != 1 || !slices.Equal(s.Actions, []string{"sts:AssumeRole"}) {
				found = append(found, name+" may be assumed by more than one service")
			}
		}
	}
	return found
}

// Sessions: who assumes roles elsewhere may say for whom and what for, which takes rights of
// their own, and reaches the allowed accounts only.
func Sessions(t Template) []string {
	var found []string
	for _, name := range t.OfType(Role) {
		for _, s := range t.Statements(name) {
			if !slices.Contains(s.Actions, "sts:AssumeRole") {
				continue
			}
			if !slices.Contains(s.Actions, "sts:TagSession") || !slices.Contains(s.Actions, "sts:SetSourceIdentity") {
				found = append(found, name+" assumes roles without saying for whom")
			}
			accounts := At(s.Condition, "StringEquals", "aws:ResourceAccount")
			if !strings.Contains(fmt.Sprint(accounts), "AllowedAccounts") {
				found = append(found, name+" assumes roles of any account")
			}
		}
	}
	return found
}

// AuditAppends: no role may delete from or update in the audit table.
func AuditAppends(t Template) []string {
	var found []string
	for _, name := range t.OfType(Role) {
		for _, s := range t.Statements(name) {
			onAudit := slices.ContainsFunc(s.Resources, func(r any) bool { return Target(r) == "AuditTable" })
			for _, a := range s.Actions {
				if onAudit && (strings.Contains(a, "Delete") || strings.Contains(a, "Update")) {
					found = append(found, fmt.Sprintf("%s allows %s on the audit trail", name, a))
				}
			}
		}
	}
	return found
}

// snapshotRights are what roles may do in the bucket of the catalog's snapshots: one writes.
var snapshotRights = map[string][]string{
	"CatalogRole":   {"s3:GetObject", "s3:ListBucket"},
	"ReconcileRole": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
}

// Snapshots: what readers of the catalog start from is written by one function.
func Snapshots(t Template) []string {
	var found []string
	for _, name := range t.OfType(Role) {
		for _, s := range t.Statements(name) {
			if !slices.ContainsFunc(s.Resources, func(r any) bool { return strings.Contains(fmt.Sprint(r), "SnapshotBucket") }) {
				continue
			}
			for _, a := range s.Actions {
				if !slices.Contains(snapshotRights[name], a) {
					found = append(found, fmt.Sprintf("%s allows %s on the catalog's snapshots", name, a))
				}
			}
		}
	}
	return found
}

// secretReaders are the roles that may read each secret.
var secretReaders = map[string][]string{
	"GitLabReadTokenSecretArn":  {"CatalogRole", "IngestRole", "OperationsRole", "ReconcileRole", "ScaffolderRole"},
	"GitLabWriteTokenSecretArn": {"CreationRole", "ReconcileRole"},
	"WebhookSecretArn":          {"CreationRole", "ReconcileRole", "WebhooksRole"},
	"SealingKey":                {"CreationRole", "OperationsRole", "ScaffolderRole"},
}

// Secrets: each secret is read by those who need it, and by name. Who makes secrets for
// templates writes into those only, by the tag that they carry.
func Secrets(t Template) []string {
	var found []string
	for _, name := range t.OfType(Role) {
		for _, s := range t.Statements(name) {
			if s.Effect != "Allow" {
				continue
			}
			found = append(found, s.secretsRead(name)...)
			if s.touches("secretsmanager:", "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "secretsmanager:DescribeSecret") && s.Condition == nil {
				found = append(found, fmt.Sprintf("%s may write secrets that are not its own", name))
			}
		}
		found = append(found, t.marking(name)...)
	}
	return found
}

// marking: who makes secrets may give them their tag, which takes a right of its own, and may
// not give it to the secrets of the stack.
func (t Template) marking(role string) []string {
	const right = "secretsmanager:TagResource"
	makes, marks, spared := false, false, map[string]bool{}
	for _, s := range t.Statements(role) {
		switch tags := slices.Contains(s.Actions, right); {
		case s.Effect == "Allow":
			makes, marks = makes || slices.Contains(s.Actions, "secretsmanager:CreateSecret"), marks || tags
		case tags && s.Condition == nil:
			for _, r := range s.Resources {
				spared[Target(r)] = true
			}
		}
	}
	if makes && !marks {
		return []string{role + " may not mark the secrets that it makes"}
	}
	var found []string
	for _, secret := range slices.Sorted(maps.Keys(secretReaders)) {
		if marks && !spared[secret] {
			found = append(found, fmt.Sprintf("%s may make the secret %s its own", role, secret))
		}
	}
	return found
}

func (s Statement) secretsRead(role string) []string {
	if !slices.Contains(s.Actions, "secretsmanager:GetSecretValue") && !slices.Contains(s.Actions, "secretsmanager:BatchGetSecretValue") {
		return nil
	}
	var found []string
	for _, r := range s.Resources {
		for _, secret := range either(r) {
			if !slices.Contains(secretReaders[Target(secret)], role) {
				found = append(found, fmt.Sprintf("%s may read the secret %v", role, secret))
			}
		}
	}
	return found
}

// touches reports whether a statement has an action of a service besides those named.
func (s Statement) touches(service string, besides ...string) bool {
	return slices.ContainsFunc(s.Actions, func(a string) bool { return strings.HasPrefix(a, service) && !slices.Contains(besides, a) })
}

// either gives what a value that depends on a condition may be.
func either(v any) []any {
	if branches := List(asMap(v)["Fn::If"]); len(branches) == 3 {
		return branches[1:]
	}
	return []any{v}
}

// Statements gives the statements of a role's policies.
func (t Template) Statements(role string) []Statement {
	var all []Statement
	for _, p := range List(t.Props(role)["Policies"]) {
		all = append(all, statements(At(p, "PolicyDocument", "Statement"))...)
	}
	return all
}

// statements reads statements; of one that depends on a condition, both branches.
func statements(v any) []Statement {
	var all []Statement
	for _, one := range List(v) {
		m := asMap(one)
		if branches := List(m["Fn::If"]); len(branches) == 3 {
			all = append(all, statements(branches[1:])...)
			continue
		}
		if m["Effect"] == nil {
			continue // AWS::NoValue
		}
		s := Statement{
			Effect: Text(m["Effect"]), Resources: List(m["Resource"]), Principal: m["Principal"], Condition: m["Condition"],
			NotAction: m["NotAction"] != nil, NotScope: m["NotResource"] != nil,
		}
		for _, a := range List(m["Action"]) {
			s.Actions = append(s.Actions, Text(a))
		}
		all = append(all, s)
	}
	return all
}
