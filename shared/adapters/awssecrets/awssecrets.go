// Package awssecrets makes, fills and deletes secrets of the function's own account in AWS
// Secrets Manager.
//
// It owns the requests and what the answers mean; whose secret is whose, tags say (package
// effects). Reading values is package secrets' business: nothing here can.
package awssecrets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/slipwayhq/slipway/shared/adapters/awsclient"
	"github.com/slipwayhq/slipway/shared/adapters/awserr"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
)

// Config is what a Store needs.
type Config struct {
	AWS   aws.Config
	Clock clock.Clock
}

// Store keeps secrets. It is safe for concurrent use.
type Store struct{ cfg Config }

var _ effects.SecretStore = (*Store)(nil)

// New makes a store.
func New(c Config) (*Store, error) {
	if c.Clock == nil {
		return nil, errors.New("a store of secrets needs a clock")
	}
	return &Store{cfg: c}, nil
}

// call makes a call to the service in a region.
func (s *Store) call(ctx context.Context, region, operation string, in, out any) error {
	cfg := s.cfg.AWS.Copy()
	cfg.Region = region
	calls, err := awsclient.NewCalls(awsclient.SenderConfig{AWS: cfg, Service: "secretsmanager", Clock: s.cfg.Clock})
	if err != nil {
		return errs.New(errs.Invalid, "secrets can't be reached: "+err.Error()) // names the region alone
	}
	return calls.JSON(ctx, "secretsmanager."+operation, in, out)
}

type tag struct{ Key, Value string }

// CreateSecret makes an empty secret and gives its ARN.
func (s *Store) CreateSecret(ctx context.Context, p effects.SecretParams) (string, error) {
	in := struct {
		Name, Description string
		Tags              []tag
	}{Name: p.Name, Description: p.Description}
	for _, t := range p.Tags {
		in.Tags = append(in.Tags, tag(t))
	}
	var out struct{ ARN string }
	err := s.call(ctx, p.Region, "CreateSecret", in, &out)
	if beingDeleted(err) {
		return "", errs.Wrap(errs.Conflict, "a secret of that name is being deleted", err)
	}
	if err != nil {
		return "", awserr.Wrap("the secret can't be made", err)
	}
	return out.ARN, nil
}

// beingDeleted recognises the answer about a secret that is marked for deletion, which has
// no code of its own
// (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
func beingDeleted(err error) bool {
	var said smithy.APIError
	return errors.As(err, &said) && said.ErrorCode() == "InvalidRequestException" && strings.Contains(said.ErrorMessage(), "delet")
}

// StoredSecret finds a secret by its name or ARN.
func (s *Store) StoredSecret(ctx context.Context, region, nameOrARN string) (effects.StoredSecret, error) {
	var out struct {
		ARN                string
		DeletedDate        *float64
		Tags               []tag
		VersionIdsToStages map[string][]string
	}
	err := s.call(ctx, region, "DescribeSecret", map[string]string{"SecretId": nameOrARN}, &out)
	if err != nil {
		return effects.StoredSecret{}, awserr.Wrap("the secret can't be looked at", err)
	}
	if out.DeletedDate != nil {
		return effects.StoredSecret{}, errs.New(errs.NotFound, "the secret is going to be deleted")
	}
	found := effects.StoredSecret{ARN: out.ARN, Versions: slices.Sorted(maps.Keys(out.VersionIdsToStages))}
	for _, t := range out.Tags {
		found.Tags = append(found.Tags, effects.Tag(t))
	}
	return found, nil
}

// PutSecretValue makes a value the secret's present one.
func (s *Store) PutSecretValue(ctx context.Context, region, arn, version, value string) error {
	in := map[string]string{"SecretId": arn, "ClientRequestToken": version, "SecretString": value}
	err := s.call(ctx, region, "PutSecretValue", in, nil)
	if beingDeleted(err) {
		return errs.Wrap(errs.NotFound, "the secret is going to be deleted", err)
	}
	if err != nil {
		return awserr.Wrap("the value can't be put into the secret", err)
	}
	return nil
}

// DeleteSecret deletes a secret for good.
func (s *Store) DeleteSecret(ctx context.Context, region, arn string) error {
	err := s.call(ctx, region, "DeleteSecret", map[string]any{"SecretId": arn, "ForceDeleteWithoutRecovery": true}, nil)
	if err == nil || awserr.Kind(err) == errs.NotFound || beingDeleted(err) {
		return nil
	}
	return fmt.Errorf("deleting the secret: %w", awserr.Wrap("the secret can't be deleted", err))
}
