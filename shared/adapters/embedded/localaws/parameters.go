package localaws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// Parameters are the parameters of accounts: by account, region and name.
type Parameters map[string]map[string]map[string]Parameter

// Parameter is the value of a parameter. In a file it is a text, or an object with "value"
// and "secret".
type Parameter struct {
	Value  string `json:"value"`
	Secret bool   `json:"secret"`
}

var _ actions.Parameters = Parameters{}

// UnmarshalJSON reads either form.
func (p *Parameter) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &p.Value) == nil {
		return nil
	}
	type object Parameter
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode((*object)(p))
}

// ReadParameters reads a file of parameters:
//
//	{"111111111111": {"eu-west-1": {"/opa/dev/vpc": "vpc-1", "/opa/dev/key": {"value": "k", "secret": true}}}}
func ReadParameters(file []byte) (Parameters, error) {
	var p Parameters
	if err := json.Unmarshal(file, &p); err != nil {
		return nil, errs.Wrap(errs.Invalid, `parameters are an object of accounts, regions and names: {"111111111111": {"eu-west-1": {"/name": "value"}}}`, err)
	}
	for account, regions := range p {
		for _, list := range regions {
			for name := range list {
				if err := actions.CheckParameterNames(name); err != nil {
					return nil, fmt.Errorf("reading the parameters of account %s: %w", errs.Clip(account), err)
				}
			}
		}
	}
	return p, nil
}

// Parameters gives the parameters of those names.
func (p Parameters) Parameters(_ context.Context, at actions.Place, names []string) (map[string]actions.Parameter, error) {
	if err := actions.CheckParameterNames(names...); err != nil {
		return nil, err
	}
	out := map[string]actions.Parameter{}
	for _, name := range names {
		if found, there := p[at.Account][at.Region][name]; there {
			out[name] = actions.Parameter(found)
		}
	}
	return out, nil
}
