package environments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The kinds of entities environments are made of.
const (
	Kind         = "awsenvironment"
	ProviderKind = "awsenvironmentprovider"
)

// maxAsked bounds one request.
const maxAsked = 20

// Catalog shows entities.
type Catalog interface {
	// Entity gives the entity with that ref; NotFound when there is none.
	Entity(ctx context.Context, ref string) (entity.Entity, error)
	// OfKind gives all entities of a kind, by ref.
	OfKind(ctx context.Context, kind string) ([]entity.Entity, error)
}

// Environment is a place applications are deployed to.
type Environment struct {
	Ref              string     `json:"ref"`
	Name             string     `json:"name"`
	ShortName        string     `json:"shortName"` // for names of jobs and stacks; the name when none is given
	Title            string     `json:"title,omitempty"`
	Type             string     `json:"type"` // "serverless", "ecs", "eks" …
	Category         string     `json:"category,omitempty"`
	Level            int        `json:"level"` // promotion goes from low to high
	RequiresApproval bool       `json:"requiresApproval"`
	Providers        []Provider `json:"providers"` // at least one, by ref
}

// Provider is one account and region of an environment.
type Provider struct {
	Ref              string `json:"ref"`
	Name             string `json:"name"`
	Type             string `json:"type"`
	Prefix           string `json:"prefix,omitempty"`
	Account          string `json:"account"` // 12 digits, on the configured list
	Region           string `json:"region"`
	ProvisioningRole string `json:"provisioningRole"` // ARN; what pipelines assume to deploy
	OperationsRole   string `json:"operationsRole"`   // ARN; what day-2 operations assume
	AuditTable       string `json:"auditTable,omitempty"`
	StackName        string `json:"stackName,omitempty"`
}

// Config is what a Resolver needs.
type Config struct {
	Catalog Catalog
	// Accounts are the AWS accounts that environments may lie in.
	Accounts []string
	// Regions are the regions that environments may lie in; empty for any.
	Regions []string
}

// Resolver turns refs into environments.
type Resolver struct{ cfg Config }

// New makes a resolver. Without accounts nothing could ever be resolved, so that is refused.
func New(c Config) (*Resolver, error) {
	if c.Catalog == nil || len(c.Accounts) == 0 {
		return nil, errors.New("environments need a catalog and the list of AWS accounts they may lie in")
	}
	for _, a := range c.Accounts {
		if !accountPattern.MatchString(a) {
			return nil, fmt.Errorf("%q is not the number of an AWS account: 12 digits", a)
		}
	}
	return &Resolver{cfg: c}, nil
}

// Resolve gives the environments of the refs in order of promotion. The kind and the
// namespace of a ref may be left out. Everything wrong with any of them comes back in one
// Invalid error; the pointer "/1" is the second ref.
func (r *Resolver) Resolve(ctx context.Context, refs []string) ([]Environment, error) {
	if len(refs) == 0 || len(refs) > maxAsked {
		return nil, errs.WithFields("the environments can't be used",
			[]errs.Field{{Pointer: "", Message: fmt.Sprintf("must name 1 to %d environments", maxAsked)}})
	}
	var fields []errs.Field
	seen := map[string]bool{}
	levels := map[int]Environment{}
	for i, text := range refs {
		env, problems, err := r.one(ctx, text)
		if err != nil {
			return nil, err
		}
		if env.Ref != "" && seen[env.Ref] {
			problems = []string{env.Ref + " is there twice"}
		} else if other, taken := levels[env.Level]; len(problems) == 0 && taken {
			problems = []string{fmt.Sprintf("%s has the same level %d as %s: which comes first is open", env.Ref, env.Level, other.Ref)}
		}
		if len(problems) == 0 {
			levels[env.Level] = env
		}
		seen[env.Ref] = true
		for _, p := range problems {
			fields = append(fields, errs.Field{Pointer: fmt.Sprintf("/%d", i), Message: p})
		}
	}
	if len(fields) > 0 {
		return nil, errs.WithFields("the environments can't be used", fields)
	}
	out := make([]Environment, 0, len(levels))
	for _, level := range slices.Sorted(maps.Keys(levels)) {
		out = append(out, levels[level])
	}
	return out, nil
}

// one resolves one ref. The error is about reading the catalog only.
func (r *Resolver) one(ctx context.Context, text string) (Environment, []string, error) {
	ref, err := entity.ParseRef(text, entity.Ref{Kind: Kind})
	if err != nil {
		return Environment{}, []string{errs.Message(err)}, nil
	}
	if name := (entity.Ref{Kind: Kind, Namespace: ref.Namespace, Name: ref.Name}); ref.String() != name.String() {
		return Environment{}, []string{ref.String() + " is not an environment"}, nil
	}
	e, err := r.cfg.Catalog.Entity(ctx, ref.String())
	if errors.Is(err, errs.NotFound) {
		return Environment{}, []string{"there is no " + ref.String() + " in the catalog"}, nil
	}
	if err != nil {
		return Environment{}, nil, fmt.Errorf("reading %s: %w", ref, err)
	}
	return r.read(ctx, e)
}

// Listed is an environment as the catalog has it. With Problems it can't be used, and
// what could not be understood is missing.
type Listed struct {
	Environment
	Problems []string `json:"problems,omitempty"`
}

// List gives all environments by level, then ref, usable or not.
func (r *Resolver) List(ctx context.Context) ([]Listed, error) {
	found, err := r.cfg.Catalog.OfKind(ctx, Kind)
	if err != nil {
		return nil, fmt.Errorf("reading the environments: %w", err)
	}
	out := make([]Listed, 0, len(found))
	for _, e := range found {
		env, problems, err := r.read(ctx, e)
		if err != nil {
			return nil, err
		}
		out = append(out, Listed{Environment: env, Problems: problems})
	}
	slices.SortFunc(out, func(a, b Listed) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Ref, b.Ref)) })
	return out, nil
}
