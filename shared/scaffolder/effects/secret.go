package effects

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/lazyregexp"
)

// SecretKind is the effect of making an empty secret in the platform's account.
const SecretKind = "aws.secret"

// OperationTag is the tag that tells an operation's secrets from anybody else's.
const OperationTag = "slipway:operation"

// SecretParams describes the secret.
type SecretParams struct {
	Region      string `json:"region"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Tags        []Tag  `json:"tags,omitempty"`
}

// Tag is a tag of a secret.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// The bounds of Secrets Manager
// (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html).
const (
	maxSecretDescription = 2048
	maxSecretTags        = 49 // and Slipway's own
)

var (
	regionPattern   = lazyregexp.New(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[1-9][0-9]?$`)
	secretName      = lazyregexp.New(`^[A-Za-z0-9/_+=.@-]{1,256}$`)
	tagText         = lazyregexp.New(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	secretARN       = lazyregexp.New(`^arn:aws(?:-[a-z]+)*:secretsmanager:([a-z]{2,4}(?:-[a-z]{2,12}){1,3}-[1-9][0-9]?):[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}$`)
	reservedTagKeys = lazyregexp.New(`(?i)^(aws:|slipway:)`)
)

// Check refuses a secret that Secrets Manager would not take. What is not known yet passes.
func (p SecretParams) Check() error {
	bad := func(format string, args ...any) error { return errs.New(errs.Invalid, fmt.Sprintf(format, args...)) }
	switch {
	case !known(p.Region, regionPattern):
		return bad("%s is not the name of an AWS region", errs.Clip(p.Region))
	case !known(p.Name, secretName):
		return bad("the name of a secret is made of at most 256 letters, digits and /_+=.@-; %s is not", errs.Clip(p.Name))
	case len(p.Description) > maxSecretDescription:
		return bad("the description of a secret has at most %d bytes", maxSecretDescription)
	case len(p.Tags) > maxSecretTags:
		return bad("a secret has at most %d tags", maxSecretTags)
	}
	seen := map[string]bool{}
	for _, t := range p.Tags {
		switch {
		case t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 || !known(t.Key, tagText) || !known(t.Value, tagText):
			return bad("the tag %s is none that AWS takes: at most 128 letters, digits, blanks and _.:/=+-@ and a value of at most 256", errs.Clip(t.Key))
		case reservedTagKeys.MatchString(t.Key):
			return bad("tags whose names begin with aws: or slipway: are not for templates to give, such as %s", errs.Clip(t.Key))
		case seen[t.Key]:
			return bad("the tag %s is there twice", errs.Clip(t.Key))
		}
		seen[t.Key] = true
	}
	return nil
}

// known reports whether a text matches, or holds what nobody can know yet.
func known(text string, pattern *lazyregexp.Regexp) bool {
	return pattern.MatchString(text) || operations.HoldsUnknown(text)
}

// SecretResult is what came of it.
type SecretResult struct {
	ARN string `json:"arn"`
}

// NewSecret makes the effect.
func NewSecret(id string, p SecretParams) (operations.Effect, error) {
	return newEffect(id, SecretKind, p.Name+" in "+p.Region, p)
}

// SecretStore keeps secrets of the platform's account (Secrets Manager), by region.
type SecretStore interface {
	// CreateSecret makes an empty secret and gives its ARN. Conflict when there is one of
	// that name, or was until a moment ago.
	CreateSecret(ctx context.Context, s SecretParams) (arn string, err error)
	// StoredSecret finds a secret by its name or ARN; NotFound when there is none, or only
	// one that is going to be deleted.
	StoredSecret(ctx context.Context, region, nameOrARN string) (StoredSecret, error)
	// PutSecretValue makes a value the secret's present one. Doing that again with the same
	// version succeeds; Conflict when that version has another value.
	PutSecretValue(ctx context.Context, region, arn, version, value string) error
	// DeleteSecret deletes a secret for good; deleting what is gone succeeds.
	DeleteSecret(ctx context.Context, region, arn string) error
}

// StoredSecret is a secret without its values.
type StoredSecret struct {
	ARN      string
	Tags     []Tag
	Versions []string // ids of the versions that it holds
}

// Secret performs SecretKind.
type Secret struct{ Store SecretStore }

var _ operations.Performer = Secret{}

// Find looks for a secret of that name with the operation's tag.
func (e Secret) Find(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[SecretParams]("secret", effect.Params)
	if err != nil {
		return nil, err
	}
	found, err := ownSecret(ctx, e.Store, op, params.Region, params.Name)
	if err != nil {
		return nil, err
	}
	return encode(SecretResult{ARN: found.ARN})
}

// ownSecret finds a secret and makes sure that op made it: Conflict when it is somebody
// else's.
func ownSecret(ctx context.Context, store SecretStore, op operations.Ref, region, nameOrARN string) (StoredSecret, error) {
	found, err := store.StoredSecret(ctx, region, nameOrARN)
	if err != nil {
		return StoredSecret{}, fmt.Errorf("finding the secret %s: %w", errs.Clip(nameOrARN), err)
	}
	if !slices.Contains(found.Tags, ownTag(op)) {
		return StoredSecret{}, errs.New(errs.Conflict, fmt.Sprintf("there is a secret %s that this operation did not make", errs.Clip(nameOrARN)))
	}
	return found, nil
}

func ownTag(op operations.Ref) Tag { return Tag{Key: OperationTag, Value: op.ID} }

// Do makes the secret, empty and marked.
func (e Secret) Do(ctx context.Context, op operations.Ref, effect operations.Effect) (json.RawMessage, error) {
	params, err := decode[SecretParams]("secret", effect.Params)
	if err != nil {
		return nil, err
	}
	params.Tags = append(params.Tags, ownTag(op))
	arn, err := e.Store.CreateSecret(ctx, params)
	if err != nil {
		return nil, fmt.Errorf("making the secret %s: %w", params.Name, err)
	}
	return encode(SecretResult{ARN: arn})
}

// Undo deletes the secret, unless it has lost its mark or somebody has put a value into it.
func (e Secret) Undo(ctx context.Context, op operations.Ref, effect operations.Effect, result json.RawMessage) error {
	params, err := decode[SecretParams]("secret", effect.Params)
	if err != nil {
		return err
	}
	made, err := decode[SecretResult]("secret", result)
	if err != nil {
		return err
	}
	found, err := ownSecret(ctx, e.Store, op, params.Region, made.ARN)
	switch {
	case errors.Is(err, errs.NotFound):
		return nil
	case errors.Is(err, errs.Conflict):
		return errs.New(errs.Conflict, "the secret no longer carries this operation's tag, so it is left alone")
	case err != nil:
		return err
	case slices.ContainsFunc(found.Versions, func(v string) bool { return !strings.HasPrefix(v, versionMark(op)) }):
		return errs.New(errs.Conflict, "somebody has put a value into the secret since, so it is left for a person to decide")
	}
	if err := e.Store.DeleteSecret(ctx, params.Region, made.ARN); err != nil {
		return fmt.Errorf("deleting the secret %s: %w", params.Name, err)
	}
	return nil
}

// versionMark is what the ids of the versions begin with that an operation makes.
func versionMark(op operations.Ref) string {
	sum := sha256.Sum256([]byte(op.ID))
	return hex.EncodeToString(sum[:16])
}
