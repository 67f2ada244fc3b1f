package arch

import (
	"fmt"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/test/template"
)

// Parity: each folder under functions/ is one function of the template, and the other way
// round.
func Parity(t Tree, deployed template.Template) []string {
	described := map[string]string{}
	var found []string
	for _, name := range deployed.OfType(template.Function) {
		dir := template.Text(deployed.Props(name)["CodeUri"])
		if other := described[dir]; other != "" {
			found = append(found, fmt.Sprintf("%s and %s are both built from %s", other, name, dir))
		}
		described[dir] = name
	}
	present := functions(t)
	for _, dir := range present {
		if described[dir] == "" {
			found = append(found, dir+" is not in template.yaml")
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(described)) {
		if !slices.Contains(present, dir) {
			found = append(found, fmt.Sprintf("%s has no %s", described[dir], dir))
		}
	}
	return found
}

// permissions pairs the adapters with what their use needs of a role. Reading a stream or
// a queue is missing: Lambda does that for a function before it runs.
var permissions = []struct {
	adapter string
	actions func(action string) bool
	what    string
}{
	{"shared/adapters/dynamo", func(a string) bool { return strings.HasPrefix(a, "dynamodb:") && !slices.Contains(streamReads, a) }, "actions on DynamoDB's items"},
	{"shared/adapters/s3", func(a string) bool { return strings.HasPrefix(a, "s3:") }, "actions on S3"},
	{"shared/adapters/eventbridge", func(a string) bool { return a == "events:PutEvents" }, "events:PutEvents"},
	{"shared/adapters/stepfn", func(a string) bool {
		return strings.HasPrefix(a, "states:") && !strings.HasPrefix(a, "states:SendTask")
	}, "actions on executions"},
	{"shared/adapters/stepfn/answers", func(a string) bool { return strings.HasPrefix(a, "states:SendTask") }, "answers to Step Functions"},
	{"shared/adapters/secrets", func(a string) bool { return a == "secretsmanager:GetSecretValue" }, "secretsmanager:GetSecretValue"},
	{"shared/adapters/assumerole", func(a string) bool { return a == "sts:AssumeRole" }, "sts:AssumeRole"},
	{"shared/adapters/awsparams", func(a string) bool { return a == "ssm:GetParameters" }, "ssm:GetParameters"},
	{"shared/adapters/awssecrets", func(a string) bool { return a == "secretsmanager:CreateSecret" }, "secretsmanager:CreateSecret"},
}

var streamReads = []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}

// Permissions: what a function is built from and what its role allows are the same. An
// adapter without permission fails at the first call; a permission without adapter is a
// right that nothing needs.
func Permissions(t Tree, deployed template.Template) []string {
	var found []string
	for _, name := range deployed.OfType(template.Function) {
		dir := template.Text(deployed.Props(name)["CodeUri"])
		built := t.reach(dir)
		if !slices.Contains(functions(t), dir) {
			continue // Parity says so
		}
		role := template.Target(deployed.Props(name)["Role"])
		for _, p := range permissions {
			has, may := built[p.adapter] != "", allows(deployed, role, p.actions)
			switch {
			case has && !may:
				found = append(found, fmt.Sprintf("%s: %s does not allow %s", built[p.adapter], role, p.what))
			case may && !has:
				found = append(found, fmt.Sprintf("%s allows %s, but %s does not import %s", role, p.what, dir, p.adapter))
			}
		}
	}
	return found
}

func allows(deployed template.Template, role string, match func(string) bool) bool {
	return slices.ContainsFunc(deployed.Statements(role), func(s template.Statement) bool {
		return s.Effect == "Allow" && slices.ContainsFunc(s.Actions, match)
	})
}

// Settings: what a function's main.go reads is set in the template, and what the template
// sets is read by something the function is built from. Names count wherever they stand:
// some are read in a loop.
func Settings(t Tree, deployed template.Template) []string {
	reads := settingsByFolder(t)
	var found []string
	for _, name := range deployed.OfType(template.Function) {
		dir := template.Text(deployed.Props(name)["CodeUri"])
		if !slices.Contains(functions(t), dir) {
			continue
		}
		set := deployed.Environment(name)
		for _, setting := range reads[dir] {
			if set[setting] == nil {
				found = append(found, fmt.Sprintf("%s reads %s, which %s does not set", dir, setting, name))
			}
		}
		var all []string
		for folder := range t.reach(dir) {
			all = append(all, reads[folder]...)
		}
		for _, setting := range slices.Sorted(maps.Keys(set)) {
			if !slices.Contains(all, setting) {
				found = append(found, fmt.Sprintf("%s sets %s, which nothing in %s reads", name, setting, dir))
			}
		}
	}
	return found
}

// settingName is what names of settings look like.
var settingName = regexp.MustCompile(`^[A-Z][A-Z0-9]*_[A-Z0-9_]+$`)

// settingsByFolder gives the names of settings that the files of a folder speak of.
func settingsByFolder(t Tree) map[string][]string {
	reads := map[string][]string{}
	for _, f := range t.Files {
		if f.Test() {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			if setting, err := strconv.Unquote(text.Value); err == nil && settingName.MatchString(setting) {
				reads[f.Dir()] = append(reads[f.Dir()], setting)
			}
			return true
		})
	}
	return reads
}
