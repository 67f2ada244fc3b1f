package environments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/catalog/entity"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// Described is an environment as Harmonix's pipelines describe it: what they have deployed
// stands in parameters of the providers' accounts, and the entities name these parameters.
type Described struct {
	Ref              string
	Name             string
	ShortName        string // "" when none is given
	RequiresApproval bool
	Providers        []Site // at least one, by ref
}

// Site is one account and region of a described environment. Of VPC, Cluster and
// ProvisioningRole each is the name of a parameter when it begins with "/", else the value
// itself.
type Site struct {
	Ref              string
	Name             string
	Type             string // "ecs", "eks", "serverless" …
	Prefix           string
	Account          string // 12 digits, on the configured list
	Region           string
	OperationsRole   string // ARN; what reads the parameters
	VPC              string // "" only where nothing runs in one
	Cluster          string // "" unless the provider has clusters
	ProvisioningRole string
	KubectlFunction  string // ARN, "" without
	ClusterAdminRole string // ARN, "" without
}

// clustered are the types of providers whose applications run in a cluster, in a network.
var clustered = []string{"ecs", "eks"}

// Describe gives the environment of a ref as it is described. All that is wrong with it and
// its providers comes back in one Invalid error.
func (r *Resolver) Describe(ctx context.Context, text string) (Described, error) {
	e, err := r.entity(ctx, text)
	if err != nil {
		return Described{}, err
	}
	f := &fields{ref: e.Ref().String(), metadata: e.Metadata}
	env := Described{Ref: f.ref, Name: e.Name(), ShortName: strings.ReplaceAll(f.text("shortName", false), " ", ""), RequiresApproval: f.yes("deploymentRequiresApproval")}
	problems := f.problems
	for _, ref := range providerRefs(e) {
		provider, err := r.cfg.Catalog.Entity(ctx, ref)
		if errors.Is(err, errs.NotFound) {
			problems = append(problems, "there is no "+ref+" in the catalog")
			continue
		}
		if err != nil {
			return Described{}, fmt.Errorf("reading %s: %w", ref, err)
		}
		site, wrong := r.site(provider)
		env.Providers, problems = append(env.Providers, site), append(problems, wrong...)
	}
	if len(env.Providers) == 0 && len(problems) == 0 {
		problems = append(problems, f.ref+" has no environment provider in spec.dependsOn")
	}
	if len(problems) > 0 {
		return Described{}, errs.New(errs.Invalid, fmt.Sprintf("the environment %s can't be used: %s", f.ref, strings.Join(problems, "; ")))
	}
	return env, nil
}

// entity reads the environment that a ref names.
func (r *Resolver) entity(ctx context.Context, text string) (entity.Entity, error) {
	ref, err := entity.ParseRef(text, entity.Ref{Kind: Kind})
	if err != nil {
		return entity.Entity{}, errs.New(errs.Invalid, errs.Message(err))
	}
	if !strings.EqualFold(ref.Kind, Kind) {
		return entity.Entity{}, errs.New(errs.Invalid, ref.String()+" is not an environment")
	}
	e, err := r.cfg.Catalog.Entity(ctx, ref.String())
	if errors.Is(err, errs.NotFound) {
		return entity.Entity{}, errs.New(errs.Invalid, "there is no "+ref.String()+" in the catalog")
	}
	if err != nil {
		return entity.Entity{}, fmt.Errorf("reading %s: %w", ref, err)
	}
	return e, nil
}

// Site finds the described provider of a name in an account and region: whoever names one
// gets what the catalog has of it. Invalid when there is none.
func (r *Resolver) Site(ctx context.Context, name, account, region string) (Site, error) {
	all, err := r.cfg.Catalog.OfKind(ctx, ProviderKind)
	if err != nil {
		return Site{}, fmt.Errorf("reading the environment providers: %w", err)
	}
	for _, e := range all {
		if e.Name() != name {
			continue
		}
		site, problems := r.site(e)
		if site.Account != account || site.Region != region {
			continue
		}
		if len(problems) > 0 {
			return Site{}, errs.New(errs.Invalid, fmt.Sprintf("%s can't be used: %s", site.Ref, strings.Join(problems, "; ")))
		}
		return site, nil
	}
	return Site{}, errs.New(errs.Invalid, fmt.Sprintf("the catalog has no environment provider %s in account %s and region %s",
		errs.Clip(name), errs.Clip(account), errs.Clip(region)))
}

// site reads a provider and says what is wrong with it.
func (r *Resolver) site(e entity.Entity) (Site, []string) {
	f := &fields{ref: e.Ref().String(), metadata: e.Metadata}
	s := Site{
		Ref: f.ref, Name: e.Name(), Type: f.text("envType", true), OperationsRole: f.text("operationRole", false),
		Account: f.digits("awsAccount"), Region: f.text("awsRegion", true), ProvisioningRole: f.text("provisioningRole", true),
		KubectlFunction: f.text("kubectlLambdaArn", false), ClusterAdminRole: f.text("clusterAdminRole", false),
	}
	inCluster := slices.Contains(clustered, s.Type)
	s.VPC = f.text("vpc", inCluster)
	if inCluster {
		s.Cluster = f.text("clusterName", true)
	}
	p := Provider{Account: s.Account, Region: s.Region}
	r.checkPlace(f, p)
	if !strings.HasPrefix(s.ProvisioningRole, "/") {
		checkRole(f, "provisioningRole", s.ProvisioningRole, p)
	}
	direct := strings.HasPrefix(s.OperationsRole, "arn:")
	s.Prefix = f.text("prefix", !direct)
	if !direct { // a parameter, which only this very role may read
		s.OperationsRole = fmt.Sprintf("arn:%s:iam::%s:role/%s-%s-operations-role", partitionOf(s.Region), s.Account, s.Prefix, s.Name)
	}
	if len(f.problems) == 0 { // its account would be reported twice
		checkRole(f, "operationRole", s.OperationsRole, p)
	}
	return s, f.problems
}
