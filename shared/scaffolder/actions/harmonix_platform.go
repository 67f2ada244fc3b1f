package actions

import (
	"cmp"
	"context"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

const (
	platformMetadataName   = "get-platform-metadata"
	platformParametersName = "get-platform-parameters"
)

func newPlatformMetadata(family string, p AWS) Action {
	return lookup{
		id: family + platformMetadataName, outputs: []string{"platformRegion", "platformAccount"},
		read: func(context.Context, Call) (Result, error) {
			return Result{Outputs: map[string]any{"platformRegion": p.Region, "platformAccount": p.Account}, Detail: p.Region}, nil
		},
	}
}

func platformMetadataSpec(family string) Spec {
	return Spec{
		ID:          family + platformMetadataName,
		Description: "Says in which AWS region and account the platform runs.",
		Input:       schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["platformRegion"],"additionalProperties":false,"properties":{
"platformRegion":{"type":"string","description":"The region, such as eu-west-1"},
"platformAccount":{"type":"string","description":"The account's number; Slipway's own addition"}}}`),
		Examples: []Example{{"Pass the region on to a skeleton", `steps:
  - id: platform
    name: Where the platform runs
    action: ` + family + platformMetadataName + `
  - id: fetch
    name: Fetch the skeleton
    action: fetch:template
    input:
      url: ./content
      values:
        platformRegion: ${{ steps.platform.output.platformRegion }}
`}},
	}
}

type platformParametersInput struct {
	ParamKeys []string `json:"paramKeys"`
	Region    string   `json:"region"`
}

func newPlatformParameters(family string, p AWS, known *knownParameters, vault effects.Vault) Action {
	id := family + platformParametersName
	return lookup{id: id, outputs: []string{"params"}, read: func(ctx context.Context, c Call) (Result, error) {
		in, err := decodeInput[platformParametersInput](c)
		if err == nil && in.ParamKeys == nil {
			err = errs.New(errs.Invalid, id+" needs paramKeys, a list of names of parameters")
		}
		if err != nil {
			return Result{}, err
		}
		at := Place{Account: p.Account, Region: cmp.Or(in.Region, p.Region), Operation: c.Operation}
		found, err := known.all(ctx, at, in.ParamKeys, "the platform's account in "+at.Region)
		if err != nil {
			return Result{}, err
		}
		params, err := shownParameters(ctx, c, vault, at, found)
		return Result{Outputs: map[string]any{"params": params}, Detail: fmt.Sprintf("%d parameters", len(params))}, err
	}}
}

func platformParametersSpec(family string) Spec {
	return Spec{
		ID: family + platformParametersName,
		Description: "Reads parameters of the platform's own account. One that does not exist is an error; one that is kept encrypted becomes a secret " +
			"of the task, of which outputs hold only a reference.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["paramKeys"],"additionalProperties":false,"properties":{
"paramKeys":{"type":"array","items":{"type":"string"},"description":"The names of the parameters"},
"region":{"type":"string","description":"The region they are kept in; the platform's when not given"}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["params"],"additionalProperties":false,"properties":{
"params":{"type":"object","additionalProperties":{"type":"string"},"description":"The values by name"}}}`),
		Examples: []Example{{"Read the role that pipelines assume", `steps:
  - id: params
    name: The platform's roles
    action: ` + family + platformParametersName + `
    input:
      paramKeys: ["/opa/platform-role", "/opa/pipeline-role"]
  - id: show
    name: Show one of them
    action: debug:log
    input:
      message: ${{ steps.params.output.params['/opa/pipeline-role'] }}
`}},
	}
}
