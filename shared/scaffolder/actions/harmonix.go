package actions

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/slipwayhq/slipway/shared/environments"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// harmonixFamilies are what Harmonix's actions are called: its present name and, before
// its version 0.4, "OPA on AWS". Templates use either.
var harmonixFamilies = []string{"harmonix:", "opa:"}

// harmonixNames are what the actions are called in either family.
var harmonixNames = []string{
	platformMetadataName, platformParametersName, envProvidersName, ssmParametersName, componentInfoName,
	createSecretName, repoAccessTokenName, writeFileName,
}

// HarmonixConfig is what Harmonix's actions need.
type HarmonixConfig struct {
	BaseURL      string // of the GitLab, "https://gitlab.example.com"
	AWS          AWS
	Environments Described
	Vault        effects.Vault
	Clock        clock.Clock
}

// AWS is what templates see of AWS.
type AWS struct {
	Account    string // where Slipway itself runs, 12 digits
	Region     string
	Parameters Parameters
}

// Described knows environments and their providers as they are described in the catalog.
type Described interface {
	// Describe gives the environment of a ref. All that is wrong with it comes back in one
	// Invalid error.
	Describe(ctx context.Context, ref string) (environments.Described, error)
	// Site gives the provider of a name in an account and region; Invalid when the catalog
	// has none.
	Site(ctx context.Context, name, account, region string) (environments.Site, error)
}

// Parameters reads the parameters that are kept in AWS accounts (Systems Manager's
// parameter store).
type Parameters interface {
	// Parameters gives the parameters of those names; one that does not exist is left out.
	// Invalid when a name is none. Forbidden when the place does not let itself be read.
	Parameters(ctx context.Context, at Place, names []string) (map[string]Parameter, error)
}

// Place is where parameters are kept, and on whose behalf they are read.
type Place struct {
	Account   string
	Region    string
	Role      string // ARN of the role to assume; "" for the platform's own parameters
	Operation operations.Ref
}

// Parameter is the value of a parameter.
type Parameter struct {
	Value  string
	Secret bool // kept encrypted: nothing may show it
}

// NewHarmonix makes Harmonix's actions, each under both of its names.
func NewHarmonix(c HarmonixConfig) ([]Action, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || c.AWS.Region == "" || c.AWS.Parameters == nil || c.Environments == nil || c.Vault == nil || c.Clock == nil {
		return nil, errors.New("Harmonix's actions need the URL of the GitLab, a region and parameters of AWS, environments, a vault and a clock")
	}
	known := newKnownParameters(c.AWS.Parameters, c.Clock)
	list := []Action{newWriteFile(RoadieWriteFileID, roadieFormats)}
	for _, family := range harmonixFamilies {
		list = append(list,
			newPlatformMetadata(family, c.AWS),
			newPlatformParameters(family, c.AWS, known, c.Vault),
			newEnvProviders(family, c.Environments, known),
			newSSMParameters(family, c.Environments, known, c.Vault),
			newComponentInfo(family),
			createSecret{id: family + createSecretName, region: c.AWS.Region},
			repoAccessToken{id: family + repoAccessTokenName, host: gitLabHost{base}},
			newWriteFile(family+writeFileName, harmonixFormats),
		)
	}
	for i, a := range list {
		list[i] = signing{a}
	}
	return list, nil
}

// signing is an action that puts its name to what it was not allowed to do: who has to give
// the permission was not there when the template ran.
type signing struct{ Action }

// Plan implements Action.
func (a signing) Plan(ctx context.Context, c Call) (Planned, error) {
	planned, err := a.Action.Plan(ctx, c)
	return planned, a.signed(err)
}

// Run implements Action.
func (a signing) Run(ctx context.Context, c Call) (Result, error) {
	result, err := a.Action.Run(ctx, c)
	return result, a.signed(err)
}

func (a signing) signed(err error) error {
	if errs.KindOf(err) != errs.Forbidden {
		return err
	}
	return errs.Wrap(errs.Forbidden, a.ID()+": "+errs.Message(err), err)
}

// harmonixSpecs gives the specifications of the actions that NewHarmonix makes.
func harmonixSpecs() []Spec {
	list := []Spec{writeFileSpec(RoadieWriteFileID, "preserveFormattingOnJson", "Leave JSON as it is; it is indented otherwise")}
	for _, family := range harmonixFamilies {
		list = append(list,
			platformMetadataSpec(family), platformParametersSpec(family), envProvidersSpec(family), ssmParametersSpec(family), componentInfoSpec(family),
			createSecretSpec(family), repoAccessTokenSpec(family),
			writeFileSpec(family+writeFileName, "formatJsonContent", "Indent the content if it is JSON"),
		)
	}
	return list
}

// distinct gives texts without repetitions, in their order.
func distinct(list []string) []string {
	var out []string
	for _, text := range list {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
