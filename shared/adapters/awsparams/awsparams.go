// Package awsparams reads parameters of AWS Systems Manager's parameter store: the
// platform's own with the function's role, those of other accounts with a role that is
// assumed for just these parameters.
//
// It owns the requests and what the answers mean. Which role belongs to which account is its
// callers' business.
//
// Flow: Parameters splits names into requests → Roles.For gives credentials allowed to read
// these names and nothing else → GetParameters.
package awsparams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"

	"github.com/slipwayhq/slipway/shared/adapters/assumerole"
	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/actions"
)

// The most that one request is for. Ten names are all that GetParameters takes; together
// they have to fit into a session policy.
const (
	maxNames     = 10
	maxNameBytes = 700
)

// Config is what a Store needs.
type Config struct {
	AWS   aws.Config
	Roles *assumerole.Roles
	Clock clock.Clock
}

// Store reads parameters. It is safe for concurrent use.
type Store struct{ cfg Config }

var _ actions.Parameters = (*Store)(nil)

// New makes a store.
func New(c Config) (*Store, error) {
	if c.Roles == nil || c.Clock == nil {
		return nil, errors.New("reading parameters needs roles and a clock")
	}
	return &Store{cfg: c}, nil
}

// Parameters gives the parameters of those names.
func (s *Store) Parameters(ctx context.Context, at actions.Place, names []string) (map[string]actions.Parameter, error) {
	if err := actions.CheckParameterNames(names...); err != nil {
		return nil, err
	}
	out := map[string]actions.Parameter{}
	for _, batch := range batches(names) {
		calls, err := s.calls(ctx, at, batch)
		if err != nil {
			return nil, err
		}
		if err := read(ctx, calls, batch, out); err != nil {
			return nil, awserr.Wrap(fmt.Sprintf("parameters of account %s in %s can't be read", at.Account, at.Region), err)
		}
	}
	return out, nil
}

// batches splits names, each once, into what one request can be for.
func batches(names []string) [][]string {
	var out [][]string
	size := 0
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		last := len(out) - 1
		if last < 0 || len(out[last]) == maxNames || size+len(name) > maxNameBytes {
			out, size, last = append(out, nil), 0, last+1
		}
		out[last] = append(out[last], name)
		size += len(name)
	}
	return out
}

func (s *Store) calls(ctx context.Context, at actions.Place, names []string) (*awsclient.Calls, error) {
	cfg := s.cfg.AWS.Copy()
	cfg.Region = at.Region
	if at.Role != "" {
		who, err := s.cfg.Roles.For(ctx, assumerole.Purpose{Role: at.Role, Actor: at.Operation.Actor, Operation: at.Operation.ID, Policy: policy(at, names)})
		if err != nil {
			return nil, err
		}
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return who, nil })
	}
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: cfg, Service: "ssm", Clock: s.cfg.Clock})
	if err != nil {
		return nil, errs.New(errs.Invalid, "parameters can't be read: "+err.Error()) // names the region alone
	}
	return calls, nil
}

// read asks for one batch. Invalid names among the answer are those that don't exist.
func read(ctx context.Context, calls *awsclient.Calls, names []string, into map[string]actions.Parameter) error {
	in := map[string]any{"Names": names, "WithDecryption": true}
	var out struct {
		Parameters []struct{ Name, ARN, Type, Value string }
	}
	if err := calls.JSON(ctx, "AmazonSSM.GetParameters", in, &out); err != nil {
		return fmt.Errorf("getting parameters: %w", err)
	}
	for _, p := range out.Parameters {
		name := p.Name
		if !slices.Contains(names, name) { // asked for by its ARN
			name = p.ARN
		}
		into[name] = actions.Parameter{Value: p.Value, Secret: p.Type == "SecureString"}
	}
	return nil
}

var rolePartition = lazyregexp.New(`^arn:([a-z-]+):`)

// policy allows to read these parameters and nothing else.
func policy(at actions.Place, names []string) string {
	partition := "aws"
	if m := rolePartition.FindStringSubmatch(at.Role); m != nil {
		partition = m[1]
	}
	var resources []string
	for _, name := range names {
		if !strings.HasPrefix(name, "arn:") {
			name = fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/%s", partition, at.Region, at.Account, strings.TrimPrefix(name, "/"))
		}
		resources = append(resources, name)
	}
	type statement = map[string]any
	body, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []statement{
		{"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": resources},
		{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": statement{"StringEquals": statement{"kms:ViaService": "ssm." + at.Region + ".amazonaws.com"}}},
	}})
	if err != nil {
		panic(fmt.Sprintf("a policy of texts can't be written: %v", err))
	}
	return string(body)
}
