// Package localaws stands for what templates use of AWS accounts when Slipway runs without
// one: it keeps secrets in the local table, and reads parameters from a file.
//
// It owns their form there. It assumes no roles: whoever may read the file may read the
// parameters of all accounts in it. Values of secrets are sealed, as everything that is
// secret in the data directory.
package localaws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/scaffolder/effects"
	"github.com/slipwayhq/slipway/shared/table"
)

// Config is what Secrets need.
type Config struct {
	Table   table.Table
	Sealer  Sealer
	Account string // the number that ARNs have in them
	IDs     ids.Source
}

// Sealer encrypts values. What is sealed about one thing can't be opened about another.
type Sealer interface {
	Seal(plain []byte, about string) ([]byte, error)
	Open(sealed []byte, about string) ([]byte, error)
}

// Secrets keeps secrets in a table.
type Secrets struct{ cfg Config }

var _ effects.SecretStore = (*Secrets)(nil)

// New makes a store of secrets.
func New(c Config) (*Secrets, error) {
	if c.Table == nil || c.Sealer == nil || c.Account == "" || c.IDs == nil {
		return nil, errors.New("local secrets need a table, a sealer, an account and ids")
	}
	return &Secrets{cfg: c}, nil
}

// secret is one as it is stored.
type secret struct {
	ARN         string            `json:"arn"`
	Description string            `json:"description"`
	Tags        []effects.Tag     `json:"tags"`
	Versions    map[string][]byte `json:"versions"` // sealed, by id
	Current     string            `json:"current"`

	revision string
}

func keyOf(region, name string) table.Key { return table.Key{PK: "SECRETS#" + region, SK: name} }

// nameOf gives the name in a name or ARN. An ARN ends in "-" and six characters that are
// not part of the name.
func nameOf(nameOrARN string) string {
	if _, rest, isARN := strings.Cut(nameOrARN, ":secret:"); isARN {
		return rest[:max(strings.LastIndexByte(rest, '-'), 0)]
	}
	return nameOrARN
}

// CreateSecret makes an empty secret and gives its ARN.
func (s *Secrets) CreateSecret(ctx context.Context, p effects.SecretParams) (string, error) {
	id := s.cfg.IDs.New()
	made := secret{Description: p.Description, Tags: p.Tags, Versions: map[string][]byte{},
		ARN: fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s", p.Region, s.cfg.Account, p.Name, id[len(id)-min(len(id), 6):])}
	err := s.write(ctx, p.Region, p.Name, made, table.Absent)
	if errors.Is(err, errs.Conflict) {
		return "", errs.New(errs.Conflict, "there is a secret "+p.Name+" already")
	}
	return made.ARN, err
}

func (s *Secrets) write(ctx context.Context, region, name string, made secret, cond table.Condition) error {
	body, err := json.Marshal(made)
	if err != nil {
		return errs.Wrap(errs.Internal, "a secret can't be written as JSON", err)
	}
	_, err = s.cfg.Table.Put(ctx, table.Item{Key: keyOf(region, name), Body: body}, cond)
	return err
}

func (s *Secrets) read(ctx context.Context, region, nameOrARN string) (secret, error) {
	var found secret
	item, err := s.cfg.Table.Get(ctx, keyOf(region, orNone(nameOf(nameOrARN))))
	if err != nil {
		return found, fmt.Errorf("reading a secret: %w", err)
	}
	if err := json.Unmarshal(item.Body, &found); err != nil {
		return found, errs.Wrap(errs.Internal, "a secret is damaged", err)
	}
	if strings.HasPrefix(nameOrARN, "arn:") && nameOrARN != found.ARN {
		return found, errs.New(errs.NotFound, "there is no secret of that ARN")
	}
	found.revision = item.Revision
	return found, nil
}

// orNone gives a name under which there is nothing instead of an empty one.
func orNone(name string) string {
	if name == "" {
		return " "
	}
	return name
}

// StoredSecret finds a secret by its name or ARN.
func (s *Secrets) StoredSecret(ctx context.Context, region, nameOrARN string) (effects.StoredSecret, error) {
	found, err := s.read(ctx, region, nameOrARN)
	if err != nil {
		return effects.StoredSecret{}, err
	}
	return effects.StoredSecret{ARN: found.ARN, Tags: found.Tags, Versions: slices.Sorted(maps.Keys(found.Versions))}, nil
}

// PutSecretValue makes a value the secret's present one.
func (s *Secrets) PutSecretValue(ctx context.Context, region, arn, version, value string) error {
	found, err := s.read(ctx, region, arn)
	if err != nil {
		return err
	}
	if there, known := found.Versions[version]; known {
		return s.same(there, found.ARN, version, value)
	}
	if found.Versions[version], err = s.cfg.Sealer.Seal([]byte(value), about(found.ARN, version)); err != nil {
		return fmt.Errorf("sealing a secret: %w", err)
	}
	found.Current = version
	return s.write(ctx, region, nameOf(arn), found, table.AtRevision(found.revision))
}

// about binds a sealed value to its place.
func about(arn, version string) string { return arn + " " + version }

func (s *Secrets) same(sealed []byte, arn, version, value string) error {
	before, err := s.cfg.Sealer.Open(sealed, about(arn, version))
	if err != nil {
		return fmt.Errorf("opening a secret: %w", err)
	}
	if string(before) != value {
		return errs.New(errs.Conflict, "the secret has another value of that version")
	}
	return nil
}

// Value gives the present value of a secret, for whoever looks after the local system.
// NotFound when it is empty.
func (s *Secrets) Value(ctx context.Context, region, nameOrARN string) (string, error) {
	found, err := s.read(ctx, region, nameOrARN)
	if err != nil {
		return "", err
	}
	sealed, there := found.Versions[found.Current]
	if !there {
		return "", errs.New(errs.NotFound, "the secret is empty")
	}
	value, err := s.cfg.Sealer.Open(sealed, about(found.ARN, found.Current))
	return string(value), err
}

// DeleteSecret deletes a secret for good.
func (s *Secrets) DeleteSecret(ctx context.Context, region, arn string) error {
	found, err := s.read(ctx, region, arn)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.cfg.Table.Delete(ctx, keyOf(region, nameOf(arn)), table.AtRevision(found.revision))
}
