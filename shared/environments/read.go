package environments

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxLevel is the highest level; Harmonix' form offers 1 to 10.
const maxLevel = 1000

// fields reads the metadata of one entity and collects what is wrong with it.
type fields struct {
	ref      string
	metadata map[string]any
	problems []string
}

func (f *fields) wrong(name, format string, args ...any) {
	f.problems = append(f.problems, fmt.Sprintf("%s: %s %s", f.ref, name, fmt.Sprintf(format, args...)))
}

// text gives a string, "" when the field is missing.
func (f *fields) text(name string, required bool) string {
	switch v := f.metadata[name].(type) {
	case string:
		if v != "" || !required {
			return v
		}
	case nil:
		if !required {
			return ""
		}
	default:
		f.wrong(name, "must be a string")
		return ""
	}
	f.wrong(name, "is missing")
	return ""
}

// digits gives text that people forget to quote in YAML.
func (f *fields) digits(name string) string {
	if v, ok := f.metadata[name].(float64); ok && v == math.Trunc(v) && v > 0 && v < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return f.text(name, true)
}

// level reads a whole number, also as text.
func (f *fields) level(name string) int {
	v := f.metadata[name]
	if s, ok := v.(string); ok {
		if n, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			v = n
		}
	}
	n, ok := v.(float64)
	if !ok || n != math.Trunc(n) || n < 0 || n > maxLevel {
		f.wrong(name, "must be a whole number from 0 to %d", maxLevel)
		return 0
	}
	return int(n)
}

// yes reads a boolean, also as the text that templates make of one. What can't be read is
// a problem rather than a no.
func (f *fields) yes(name string) bool {
	switch v := f.metadata[name].(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true
		case "false", "":
			return false
		}
	}
	f.wrong(name, "must be true or false")
	return true
}

// read turns an entity into an environment and says what is wrong with it.
func (r *Resolver) read(ctx context.Context, e entity.Entity) (Environment, []string, error) {
	f := &fields{ref: e.Ref().String(), metadata: e.Metadata}
	env := Environment{
		Ref: f.ref, Name: e.Name(), ShortName: strings.ReplaceAll(f.text("shortName", false), " ", ""), Title: f.text("title", false),
		Type: f.text("environmentType", true), Category: f.text("category", false),
		Level: f.level("level"), RequiresApproval: f.yes("deploymentRequiresApproval"), Providers: []Provider{},
	}
	if env.ShortName == "" {
		env.ShortName = env.Name
	}
	problems := f.problems
	for _, ref := range providerRefs(e) {
		p, wrong, err := r.provider(ctx, ref)
		if err != nil {
			return Environment{}, nil, err
		}
		if len(wrong) == 0 && env.Type != "" && p.Type != env.Type {
			wrong = []string{fmt.Sprintf("%s is for %s, the environment %s for %s", ref, p.Type, env.Ref, env.Type)}
		}
		problems = append(problems, wrong...)
		env.Providers = append(env.Providers, p)
	}
	if len(env.Providers) == 0 {
		problems = append(problems, env.Ref+" has no environment provider in spec.dependsOn")
	}
	return env, problems, nil
}

// providerRefs gives the providers an environment depends on, each once, in order.
func providerRefs(e entity.Entity) []string {
	var out []string
	list, _ := e.Spec["dependsOn"].([]any)
	for _, item := range list {
		name, _ := item.(string)
		ref, err := entity.ParseRef(name, entity.Ref{Kind: ProviderKind, Namespace: e.Namespace()})
		if err == nil && strings.EqualFold(ref.Kind, ProviderKind) && !slices.Contains(out, ref.String()) {
			out = append(out, ref.String())
		}
	}
	slices.Sort(out)
	return out
}

func (r *Resolver) provider(ctx context.Context, ref string) (Provider, []string, error) {
	e, err := r.cfg.Catalog.Entity(ctx, ref)
	if errors.Is(err, errs.NotFound) {
		return Provider{Ref: ref}, []string{"there is no " + ref + " in the catalog"}, nil
	}
	if err != nil {
		return Provider{}, nil, fmt.Errorf("reading %s: %w", ref, err)
	}
	f := &fields{ref: ref, metadata: e.Metadata}
	p := Provider{
		Ref: ref, Name: e.Name(), Type: f.text("envType", true), Prefix: f.text("prefix", false),
		Account: f.digits("awsAccount"), Region: f.text("awsRegion", true),
		ProvisioningRole: f.text("provisioningRole", true), OperationsRole: f.text("operationRole", true),
		AuditTable: f.text("auditTable", false), StackName: f.text("stackName", false),
	}
	r.place(f, p)
	return p, f.problems, nil
}

// place checks that account, region and roles belong together and are allowed.
func (r *Resolver) place(f *fields, p Provider) {
	r.checkPlace(f, p)
	checkRole(f, "provisioningRole", p.ProvisioningRole, p)
	checkRole(f, "operationRole", p.OperationsRole, p)
}

// checkPlace checks that account and region are allowed.
func (r *Resolver) checkPlace(f *fields, p Provider) {
	switch {
	case p.Account == "": // reported already
	case !accountPattern.MatchString(p.Account):
		f.wrong("awsAccount", "must be 12 digits, in quotes")
	case !slices.Contains(r.cfg.Accounts, p.Account):
		f.wrong("awsAccount", "%s is not among the accounts that environments may lie in", p.Account)
	}
	switch {
	case p.Region == "":
	case !regionPattern.MatchString(p.Region):
		f.wrong("awsRegion", "must be a region such as eu-west-1")
	case len(r.cfg.Regions) > 0 && !slices.Contains(r.cfg.Regions, p.Region):
		f.wrong("awsRegion", "%s is not among the regions that environments may lie in", p.Region)
	}
}
