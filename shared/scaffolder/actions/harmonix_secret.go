package actions

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

const createSecretName = "create-secret"

// createSecret is "harmonix:create-secret": an empty secret of the platform's account, for a
// later step to fill.
type createSecret struct {
	id     string
	region string // unless the template names another
}

var _ Action = createSecret{}

// ID gives what templates call the action.
func (a createSecret) ID() string { return a.id }

type createSecretInput struct {
	SecretName  string `json:"secretName"`
	Description string `json:"description"`
	Region      string `json:"region"`
	Tags        []struct {
		Key   string `json:"Key"`
		Value any    `json:"Value"`
	} `json:"tags"`
}

func (a createSecret) effect(c Call) (operations.Effect, error) {
	in, err := decodeInput[createSecretInput](c)
	if err == nil {
		err = required(a.id, "secretName", in.SecretName)
	}
	if err != nil {
		return operations.Effect{}, err
	}
	params := effects.SecretParams{
		Region: cmp.Or(in.Region, a.region), Name: in.SecretName,
		Description: cmp.Or(in.Description, "Made for "+c.Operation.Target),
	}
	for i, tag := range in.Tags {
		value, ok := tagValue(tag.Value)
		if !ok {
			return operations.Effect{}, errs.New(errs.Invalid, fmt.Sprintf("tags[%d].Value of %s must be a text, a number, true or false", i, a.id))
		}
		params.Tags = append(params.Tags, effects.Tag{Key: tag.Key, Value: value})
	}
	if err := params.Check(); err != nil {
		return operations.Effect{}, err
	}
	return effects.NewSecret(c.StepID+"/secret", params)
}

func tagValue(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// Plan states the secret. Its ARN ends in characters that Secrets Manager chooses.
func (a createSecret) Plan(_ context.Context, c Call) (Planned, error) {
	e, err := a.effect(c)
	if err != nil {
		return Planned{}, err
	}
	return Planned{Effects: []operations.Effect{e}, Outputs: map[string]any{"awsSecretArn": c.unknown("awsSecretArn")}, Detail: e.Target}, nil
}

// Run makes the secret.
func (a createSecret) Run(ctx context.Context, c Call) (Result, error) {
	e, err := a.effect(c)
	if err != nil {
		return Result{}, err
	}
	made, err := apply[effects.SecretResult](ctx, c, e)
	return Result{Outputs: map[string]any{"awsSecretArn": made.ARN}, Detail: made.ARN}, err
}

func createSecretSpec(family string) Spec {
	return Spec{
		ID:          family + createSecretName,
		Description: "Makes an empty secret in Secrets Manager of the platform's account.",
		Input: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["secretName"],"additionalProperties":false,"properties":{
"secretName":{"type":"string","description":"The secret's name"},
"description":{"type":"string","description":"What it is for"},
"region":{"type":"string","description":"The region it is kept in; the platform's when not given"},
"tags":{"type":"array","description":"Tags besides Slipway's own","items":{"type":"object","required":["Key","Value"],"additionalProperties":false,"properties":{
"Key":{"type":"string","description":"The tag's name"},
"Value":{"type":["string","number","boolean"],"description":"Its value"}}}}}}`),
		Output: schema(`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["awsSecretArn"],"additionalProperties":false,"properties":{
"awsSecretArn":{"type":"string","description":"The secret's ARN"}}}`),
		Examples: []Example{{"Make a secret for the repository's access token", `steps:
  - id: secret
    name: A place for the token
    action: ` + family + createSecretName + `
    input:
      secretName: aws-apps-${{ (parameters.repoUrl | parseRepoUrl).repo }}-access-token
      tags:
        - Key: application
          Value: ${{ parameters.component_id }}
`}},
		Effects: []Undo{{effects.SecretKind, "the secret is deleted for good, unless somebody has put a value into it"}},
	}
}
